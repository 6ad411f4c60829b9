package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/touchstone-hub/touchstone/hub"
)

// Reload is the handler of POST /v1/reload, which has the hub take its folder anew. It is meant for
// the folder's socket, which only the folder's owner can reach.
func Reload(h *hub.Hub) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done, err := h.Reload(r.Context())
		var bad *hub.ReloadError
		switch {
		case errors.As(err, &bad):
			writeProblem(w, http.StatusUnprocessableEntity, err.Error())
			return
		case err != nil:
			writeProblem(w, http.StatusInternalServerError, err.Error())
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(done) // who has gone away wants no answer
	})
}
