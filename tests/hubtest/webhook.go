package hubtest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// Post sends a webhook to /in/<stream>, where stream is "system/stream", until the stream is open,
// and returns how it was answered. It may be called from any goroutine; status 0 means that nobody
// answered, which fails the test.
func (h *Hub) Post(stream string, header map[string]string, body []byte) (status int, answer string) {
	h.t.Helper()
	status, answer, err := post(h.t, h.IntakeAddress(), stream, header, body)
	if err != nil {
		h.t.Errorf("send a webhook: %v", err)
	}
	return status, answer
}

func post(t testing.TB, address, stream string, header map[string]string, body []byte) (status int, answer string, err error) {
	deadline := time.Now().Add(90 * time.Second)
	for {
		status, answer, err = try(t, address, stream, header, body)
		if err != nil || status != http.StatusNotFound && status != http.StatusServiceUnavailable {
			return status, answer, err
		}
		if time.Now().After(deadline) {
			return 0, "", fmt.Errorf("webhooks for %s are still answered %d: %s", stream, status, answer)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func try(t testing.TB, address, stream string, header map[string]string, body []byte) (int, string, error) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/in/"+stream, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, string(answer), errors.Join(err, response.Body.Close())
}

// Sign is the HMAC-SHA256 of a body in base64, as shops send it.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
