package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
)

// Key is one API key.
type Key struct {
	Name string
	Key  string
	Role string // reader and agent read; steward and admin change things as well
}

// writes says whether the key may change things.
func (k Key) writes() bool { return k.Role == "steward" || k.Role == "admin" }

// reading says whether a request changes nothing.
func reading(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// authenticate lets requests through that carry one of the keys, as bearer token or X-API-Key.
func authenticate(keys []Key) func(http.Handler) http.Handler {
	sums := make([][sha256.Size]byte, len(keys))
	for i, k := range keys {
		sums[i] = sha256.Sum256([]byte(k.Key))
	}
	return func(next http.Handler) http.Handler {
		if len(keys) == 0 {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !ok {
				given = r.Header.Get("X-API-Key")
			}
			sum, known, writes := sha256.Sum256([]byte(given)), false, false
			var who caller
			for i := range sums {
				if subtle.ConstantTimeCompare(sum[:], sums[i][:]) == 1 {
					known, writes = true, writes || keys[i].writes()
					if who.role != "admin" {
						who = caller{keys[i].Name, keys[i].Role}
					}
				}
			}
			if !known {
				w.Header().Set("WWW-Authenticate", `Bearer realm="touchstone"`)
				writeProblem(w, http.StatusUnauthorized, "an API key is needed: Authorization: Bearer KEY")
				return
			}
			if !writes && !reading(r) {
				writeProblem(w, http.StatusForbidden, "this API key may only read; changing things takes one with the role steward or admin")
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, who)))
		})
	}
}

// caller is who makes a request, by the API key that it carries.
type caller struct{ name, role string }

// callerKey is under what a request's context holds its caller.
type callerKey struct{}

// author is who a decision or an erasure is recorded under: the key's name, or who the caller says it is, which
// beside a key does not hide whose that is.
func author(ctx context.Context, given string) string {
	who, _ := ctx.Value(callerKey{}).(caller)
	key := who.name
	switch {
	case key == "":
		return given
	case given == "" || given == key:
		return key
	}
	return given + " (key " + key + ")"
}

// localOnly refuses requests under a name that is not this machine's own: a page of another site
// that has its name lead to 127.0.0.1 would else read customers through the user's browser. It
// refuses changes altogether: who is on the machine is not known to be who runs the hub.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		ip := net.ParseIP(host)
		if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			writeProblem(w, http.StatusMisdirectedRequest, "without API keys the hub answers to localhost and 127.0.0.1 only; found "+r.Host)
			return
		}
		if !reading(r) {
			writeProblem(w, http.StatusForbidden, "without API keys the hub can only be read here; changing things takes a key with the role steward or admin, or the touchstone command")
			return
		}
		next.ServeHTTP(w, r)
	})
}
