// Package api serves the single customer view over HTTP: golden records and how they came about,
// timelines, the feed of changes, what targets lack, dead letters, health and metrics.
//
// In come requests; out go JSON documents read from the hub's store, errors as problem documents
// (RFC 9457), and an OpenAPI 3.1 description of all of it. The package never changes anything on
// GET, and never answers from memory what the store would answer differently.
package api

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// Options say who may read.
type Options struct {
	Version string       // of the program, for the description
	Keys    []Key        // empty: everyone who reaches the listener, which is then on loopback or a socket
	Local   bool         // only reading, and only under a name of this machine: for loopback without keys
	Log     *slog.Logger // of requests that fail; slog's default where nil
}

// API is the handler of the hub's REST interface.
type API struct {
	hub      *hub.Hub
	store    golden.Store
	standard *standard.Standardiser
	log      *slog.Logger

	snapshots chan struct{} // those that are being read
}

// New gives the handler. It serves /v1/…, /openapi.json, /openapi.yaml, /healthz, /readyz and
// /metrics; all but the two health checks ask for a key where there are keys.
func New(h *hub.Hub, o Options) http.Handler {
	a := &API{hub: h, store: h.Store(), standard: &standard.Standardiser{Region: h.Folder().Settings.Region}, log: o.Log, snapshots: make(chan struct{}, snapshotsMost)}
	if a.log == nil {
		a.log = slog.Default()
	}
	router := chi.NewRouter()
	router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, http.StatusNotFound, "there is nothing at this path; see /openapi.json")
	})
	router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, http.StatusMethodNotAllowed, r.Method+" is not possible here; see /openapi.json")
	})
	router.Use(middleware.Recoverer, middleware.RequestSize(1<<20))
	router.Get("/healthz", a.health)
	router.Get("/readyz", a.ready)
	router.Group(func(r chi.Router) {
		if o.Local {
			r.Use(localOnly)
		}
		r.Use(authenticate(o.Keys), a.unlessLoading, idempotent(a.store))
		r.Method(http.MethodGet, "/metrics", promhttp.HandlerFor(h.Metrics(), promhttp.HandlerOpts{}))
		described := humachi.New(r, description(o.Version))
		described.UseMiddleware(badRequests)
		a.register(described)
	})
	return router
}

func description(version string) huma.Config {
	c := huma.DefaultConfig("Touchstone", version)
	c.Info.Description = "The single customer view: golden records, where they come from, and what other systems hold of them."
	c.DocsPath = "" // the viewer would be fetched from another host
	c.CreateHooks = nil
	c.Formats = maps.Clone(c.Formats)
	c.Formats[batchType] = batchFormat
	c.RejectUnknownQueryParameters = true // a misspelt condition would be no condition
	c.Transformers = append(c.Transformers, badRequestBody)
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "an API key of hub.yaml; not needed on loopback where there are none"},
	}
	c.Security = []map[string][]string{{"key": {}}, {}}
	return c
}

// schemaName names the schemas of the description; those of the model apart from the API's own.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.PkgPath() == reflect.TypeFor[canonical.Customer]().PkgPath() {
		return "Canonical" + name
	}
	return name
}

func (a *API) register(api huma.API) {
	a.registerCustomers(api)
	a.registerHistory(api)
	a.registerPeople(api)
	a.registerReviews(api)
	a.registerFeed(api)
	a.registerSubscribers(api)
	a.registerOperation(api)
	a.registerExchanges(api)
	a.registerReplays(api)
	a.registerRecords(api)
	a.registerTrace(api)
	a.registerMatch(api)
	a.registerPlans(api)
	a.registerPrivacy(api)
}

// get registers one GET operation.
func get[I, O any](a *API, api huma.API, path, id, tag, summary string, do func(context.Context, *I) (*O, error)) {
	huma.Register(api, huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{tag},
		Errors: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound},
	}, handler(a, do))
}
