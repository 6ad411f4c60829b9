package hubtest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"time"
)

// Post sends a webhook to /in/<stream>, where stream is "system/stream", until the stream is open,
// and returns how it was answered.
func (h *Hub) Post(stream string, header map[string]string, body []byte) (status int, answer string) {
	h.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		status, answer = h.post(stream, header, body)
		if status != http.StatusNotFound && status != http.StatusServiceUnavailable {
			return status, answer
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("webhooks for %s are still answered %d: %s", stream, status, answer)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (h *Hub) post(stream string, header map[string]string, body []byte) (int, string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, "http://"+h.IntakeAddress()+"/in/"+stream, bytes.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatalf("send a webhook: %v", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatalf("read the answer to a webhook: %v", err)
	}
	return response.StatusCode, string(answer)
}

// Sign is the HMAC-SHA256 of a body in base64, as shops send it.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
