// The same work by gorilla/websocket: see ../bench.py.
//
//	probe probe PORT COUNT [CA_FILE]    CPU seconds (user and system), then the seconds it took, for COUNT upgrades and closes
//	probe hold PORT COUNT [CA_FILE]     resident bytes a connection, COUNT of them held open, after a garbage collection
//	probe once PORT 1                   one upgrade and close, nothing before it
//
// With a CA file over TLS.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
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

// trust makes the dialer look at the server's certificate.
func trust(file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		panic("no certificate in " + file)
	}
	websocket.DefaultDialer.TLSClientConfig = &tls.Config{RootCAs: roots}
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
	scheme := "ws"
	if len(os.Args) > 4 {
		scheme = "wss"
		trust(os.Args[4])
	}
	url := fmt.Sprintf("%s://127.0.0.1:%s/api/ws?token=bench", scheme, os.Args[2])
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		panic(err)
	}
	if os.Args[1] == "once" {
		closeCleanly(dial(url))
		return
	}
	closeCleanly(dial(url)) // what is made once is not counted
	if os.Args[1] == "hold" {
		debug.FreeOSMemory()
		before := residentBytes()
		held := make([]*websocket.Conn, 0, count)
		for len(held) < count {
			held = append(held, dial(url))
		}
		debug.FreeOSMemory()
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
