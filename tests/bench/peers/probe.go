// The same work by gorilla/websocket: see ../bench.py.
//
//	probe probe PORT COUNT    CPU seconds (user and system), then the seconds it took, for COUNT upgrades and closes
//	probe hold PORT COUNT     resident bytes a connection, COUNT of them held open
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	seconds := func(value syscall.Timeval) float64 { return float64(value.Sec) + float64(value.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}

func residentBytes() int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		panic(err)
	}
	return pages * os.Getpagesize()
}

func dial(url string) *websocket.Conn {
	connection, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		panic(err)
	}
	return connection
}

func closeCleanly(connection *websocket.Conn) {
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := connection.WriteMessage(websocket.CloseMessage, bye); err != nil {
		panic(err)
	}
	for {
		if _, _, err := connection.ReadMessage(); err != nil {
			break
		}
	}
	connection.Close()
}

func main() {
	url := fmt.Sprintf("ws://127.0.0.1:%s/api/ws?token=bench", os.Args[2])
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		panic(err)
	}
	closeCleanly(dial(url)) // what is made once is not counted
	if os.Args[1] == "hold" {
		runtime.GC()
		before := residentBytes()
		held := make([]*websocket.Conn, 0, count)
		for len(held) < count {
			held = append(held, dial(url))
		}
		fmt.Println((residentBytes() - before) / count)
		runtime.KeepAlive(held)
		return
	}
	cpu, begin := cpuSeconds(), time.Now()
	for at := 0; at < count; at++ {
		closeCleanly(dial(url))
	}
	fmt.Printf("%f %f\n", cpuSeconds()-cpu, time.Since(begin).Seconds())
}
