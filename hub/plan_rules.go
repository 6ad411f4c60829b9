package hub

import (
	"context"
	"fmt"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden"
)

// PlanRequest is a ruleset that is to be tried.
type PlanRequest struct {
	Ruleset string `json:"ruleset" doc:"content of golden.yaml"`
	Params  string `json:"params,omitempty" doc:"content of golden.params; empty for none"`
}

// Plan is what another ruleset would do.
type Plan struct {
	Version string `json:"version" doc:"of the ruleset that was tried"`
	Same    bool   `json:"same" doc:"it decides as the one in force"`
	golden.Effects
}

// Plan tells what another ruleset would do, and changes nothing. Targets are those of the routes in
// force. On a large store it takes as long as a sweep without rests, and no batch is resolved
// meanwhile.
func (h *Hub) Plan(ctx context.Context, q PlanRequest) (*Plan, error) {
	g := h.generation()
	if g.fingerprint == "" {
		return nil, ErrNotRunning
	}
	rules, err := h.tried(g.Folder, q)
	if err != nil {
		return nil, err
	}
	out := &Plan{Version: rules.Version, Same: rules.Version == g.Rules.Version}
	resolver := golden.NewResolver(h.store, rules, golden.ResolverOptions{
		Log: h.log, Suppress: h.suppressions.Suppressor, OnChanged: h.markChanged,
	})
	if out.Effects, err = resolver.Plan(ctx); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return out, nil
}

// tried loads the ruleset of a request. What is wrong with it is an error that names every place.
func (h *Hub) tried(f *Folder, q PlanRequest) (*golden.Ruleset, error) {
	ps := &config.Problems{}
	node := config.Parse("golden.yaml", []byte(q.Ruleset), f.env, ps)
	systems := (&loader{Folder: f}).systems()
	rules := golden.LoadRuleset(node, golden.RulesetOptions{Region: f.Settings.Region, Systems: systems}, ps)
	if q.Params != "" {
		rules.UseParams(golden.ParamsFile, []byte(q.Params), ps)
	}
	if ps.HasErrors() {
		return nil, &RequestError{Field: "ruleset", Found: ps.Err().Error(), Expected: "a ruleset without errors"}
	}
	return rules, nil
}
