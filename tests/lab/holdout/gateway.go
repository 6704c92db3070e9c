// A gateway as companies write their own with Go's httputil.ReverseProxy, with the faults of the lab as modes.
//
//	gateway LISTEN UPSTREAM MODE
package main

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
)

const socketPath = "/api/ws"

func isUpgrade(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

func replaceRefusal(answer *http.Response) error {
	if answer.StatusCode != http.StatusForbidden {
		return nil
	}
	page := "Access denied\n"
	answer.Body = io.NopCloser(bytes.NewBufferString(page))
	answer.ContentLength = int64(len(page))
	answer.Header = http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	return nil
}

func main() {
	upstream, err := url.Parse("http://" + os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	mode := os.Args[3]
	proxy := httputil.NewSingleHostReverseProxy(upstream)
	if mode == "replace" {
		proxy.ModifyResponse = replaceRefusal
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		onSocket := r.URL.Path == socketPath
		switch {
		case mode == "deny" && onSocket:
			http.Error(w, "Forbidden", http.StatusForbidden)
			return
		case mode == "deny-empty" && onSocket:
			w.WriteHeader(http.StatusForbidden)
			return
		case mode == "deny-json" && onSocket:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"detail":"Forbidden"}`)
			return
		case mode == "deny-upgrades" && isUpgrade(r):
			http.Error(w, "websockets are not allowed", http.StatusForbidden)
			return
		case mode == "auth" && onSocket:
			w.Header().Set("WWW-Authenticate", `Basic realm="gateway"`)
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
			return
		case mode == "missing" && onSocket:
			http.NotFound(w, r)
			return
		case mode == "rewrite" && onSocket:
			r.URL.Path = "/index.html"
		case mode == "strip-prefix":
			r.URL.Path = strings.TrimPrefix(r.URL.Path, "/api")
		case mode == "strip-upgrade":
			r.Header.Del("Upgrade")
			r.Header.Del("Connection")
		}
		proxy.ServeHTTP(w, r)
	}
	log.Fatal(http.ListenAndServe(os.Args[1], http.HandlerFunc(handler)))
}
