// The lab's application with Go and gorilla/websocket. Started as `backend_gorilla DESCRIPTOR`; see behaviour.py.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

type behaviour struct {
	Token                string `json:"token"`
	ChecksToken          bool   `json:"checks_token"`
	CloseCodeAfterAccept int    `json:"close_code_after_accept"`
	HasRoute             bool   `json:"has_route"`
	HasHealth            bool   `json:"has_health"`
	HealthSaysAvailable  bool   `json:"health_says_available"`
	OnlyOrigin           string `json:"only_origin"`
	Crashes              bool   `json:"crashes"`
	Hangs                bool   `json:"hangs"`
}

var (
	b    behaviour
	open int64
)

func record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line, _ := json.Marshal(map[string]any{
			"method": r.Method, "target": r.RequestURI, "host": r.Host,
			"upgrade": strings.EqualFold(r.Header.Get("Upgrade"), "websocket"),
		})
		file, err := os.OpenFile(os.Getenv("LAB_RECORD"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintf(file, "%s\n", line)
		file.Close()
		next.ServeHTTP(w, r)
	})
}

func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "ok", "ws": map[string]any{
		"available": b.HealthSaysAvailable, "active_connections": atomic.LoadInt64(&open), "topics": 3}})
}

func serveSocket(w http.ResponseWriter, r *http.Request) {
	if b.Hangs {
		<-r.Context().Done()
		return
	}
	if b.Crashes {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	permitted := !b.ChecksToken || r.URL.Query().Get("token") == b.Token
	if !permitted && b.CloseCodeAfterAccept == 0 {
		http.Error(w, "invalid token", http.StatusUnauthorized)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(r *http.Request) bool {
		return b.OnlyOrigin == "" || r.Header.Get("Origin") == b.OnlyOrigin
	}}
	socket, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer socket.Close()
	if !permitted {
		message := websocket.FormatCloseMessage(b.CloseCodeAfterAccept, "invalid token")
		_ = socket.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second))
		return
	}
	atomic.AddInt64(&open, 1)
	defer atomic.AddInt64(&open, -1)
	for {
		if _, _, err := socket.ReadMessage(); err != nil {
			return
		}
		_ = socket.WriteMessage(websocket.TextMessage, []byte(`{"type":"pong"}`))
	}
}

func main() {
	if err := json.Unmarshal([]byte(os.Getenv("LAB_BEHAVIOUR")), &b); err != nil {
		log.Fatal(err)
	}
	descriptor, _ := strconv.Atoi(os.Args[1])
	listener, err := net.FileListener(os.NewFile(uintptr(descriptor), "listener"))
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	if b.HasHealth {
		mux.HandleFunc("/api/system/health", health)
	}
	if b.HasRoute {
		mux.HandleFunc("/api/ws", serveSocket)
	}
	log.Fatal(http.Serve(listener, record(mux)))
}
