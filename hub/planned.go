package hub

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden"
)

// PlanRequest is a hub folder, or only a ruleset, that is to be tried.
type PlanRequest struct {
	Folder   string `json:"folder,omitempty" doc:"path of a changed folder on the hub's machine; only who runs the hub may name one"`
	Ruleset  string `json:"ruleset,omitempty" doc:"content of golden.yaml, instead of a folder; empty for the shipped rules"`
	Params   string `json:"params,omitempty" doc:"content of golden.params beside ruleset; empty for none"`
	Examples int    `json:"examples,omitempty" minimum:"0" doc:"how many customers, records and deliveries to give of each sort; 0: all"`
}

// Plan is what another folder would do. Counts are of everything; lists are as long as was asked for.
type Plan struct {
	Version string `json:"version" doc:"of the ruleset that was tried"`
	Same    bool   `json:"same" doc:"it decides as the one in force"`
	golden.Effects
	Counts     map[golden.ChangeType]int `json:"counts" doc:"customers that would change, by what would become of them"`
	Streams    []PlannedStream           `json:"streams" doc:"streams whose records would be mapped in another way"`
	Records    []PlannedRecord           `json:"records" doc:"canonical records that would change"`
	Routes     []PlannedRoute            `json:"routes" doc:"routes that are new, changed or gone"`
	Sent       []PlannedTarget           `json:"sent" doc:"what would be delivered, by target"`
	Deliveries []PlannedDelivery         `json:"deliveries" doc:"what would be delivered"`
	Untold     []string                  `json:"untold" doc:"what this plan cannot tell"`
}

// planning is a plan under way.
type planning struct {
	*Plan
	hub       *Hub
	running   *Folder
	live      *generation // of the changed folder; nothing runs by it
	most      int         // examples of each sort; 0: all
	examples  map[string]int
	incoming  map[string]golden.Incoming                      // records mapped anew, by key
	documents map[canonical.Entity]map[string]golden.Document // likewise
	targets   []plannedTarget
}

// Plan tells what another folder would do, and changes nothing. On a large store it takes as long as a
// sweep and a replay without rests, and no batch is resolved meanwhile.
func (h *Hub) Plan(ctx context.Context, q PlanRequest) (*Plan, error) {
	running := h.generation().Folder
	if running.fingerprint == "" {
		return nil, ErrNotRunning
	}
	folder, err := h.tried(running, q)
	if err != nil {
		return nil, err
	}
	p := &planning{
		hub: h, running: running, live: h.trial(folder), most: q.Examples, examples: map[string]int{},
		incoming: map[string]golden.Incoming{}, documents: map[canonical.Entity]map[string]golden.Document{},
		Plan: &Plan{
			Version: folder.Rules.Version, Same: folder.Rules.Version == running.Rules.Version, Counts: map[golden.ChangeType]int{},
			Streams: []PlannedStream{}, Records: []PlannedRecord{}, Routes: []PlannedRoute{}, Sent: []PlannedTarget{},
			Deliveries: []PlannedDelivery{}, Untold: []string{},
		},
	}
	p.fixed()
	if err := p.remap(ctx); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if err := p.route(ctx); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	records := make([]golden.Incoming, 0, len(p.incoming))
	for _, in := range p.incoming {
		records = append(records, in)
	}
	slices.SortFunc(records, func(a, b golden.Incoming) int { return strings.Compare(a.Key(), b.Key()) })
	p.Effects, err = p.live.resolver.Plan(ctx, golden.Planning{Again: !p.Same, Records: records, Then: p.deliver})
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	p.shorten()
	return p.Plan, nil
}

// tried reads the folder of a request, or puts its ruleset into the one that runs. What is wrong with
// it is an error that names every place.
func (h *Hub) tried(running *Folder, q PlanRequest) (*Folder, error) {
	if q.Folder != "" {
		if q.Ruleset != "" || q.Params != "" {
			return nil, &RequestError{"folder", q.Folder, "no ruleset or params beside it"}
		}
		if info, err := os.Stat(q.Folder); err != nil || !info.IsDir() {
			return nil, &RequestError{"folder", q.Folder, "a folder that the hub's process can read"}
		}
		folder, ps := Load(q.Folder, running.env)
		if folder == nil {
			return nil, &RequestError{"folder", ps.Err().Error(), "a hub folder without errors"}
		}
		return folder, nil
	}
	ps := &config.Problems{}
	node := config.Parse("golden.yaml", []byte(q.Ruleset), running.env, ps)
	rules := golden.LoadRuleset(node, golden.RulesetOptions{Region: running.Settings.Region, Systems: (&loader{Folder: running}).systems()}, ps)
	if q.Params != "" {
		rules.UseParams(golden.ParamsFile, []byte(q.Params), ps)
	}
	if ps.HasErrors() {
		return nil, &RequestError{"ruleset", ps.Err().Error(), "a ruleset without errors"}
	}
	folder := *running
	folder.Rules = rules
	return &folder, nil
}

// trial is a folder as it would run. What it marks is marked for its own targets.
func (h *Hub) trial(f *Folder) *generation {
	g := &generation{Folder: f}
	g.resolver = golden.NewResolver(h.store, f.Rules, golden.ResolverOptions{
		Log: h.log, Suppress: h.suppressions.Suppressor, OnChanged: f.markChanged, OnReported: f.markReported,
	})
	return g
}

// fixed tells of settings that cannot be tried, since they take a restart. Name and data folder are
// the copy's own affair.
func (p *planning) fixed() {
	for _, name := range p.running.Settings.fixed(p.live.Settings) {
		if name != "name" && name != "data" {
			p.cannotTell("hub.yaml: %s differs, which takes a restart of the hub", name)
		}
	}
	if p.live.Settings.Region != p.running.Settings.Region {
		p.cannotTell("the hub's region differs: documents that name customers by phone number are not told anew")
	}
}

func (p *planning) cannotTell(format string, args ...any) {
	p.Untold = append(p.Untold, fmt.Sprintf(format, args...))
}

// shown says whether one more example of a sort is to be given.
func (p *planning) shown(sort string) bool {
	p.examples[sort]++
	return p.most == 0 || p.examples[sort] <= p.most
}

// shorten counts the customers and leaves as many of each sort as were asked for.
func (p *planning) shorten() {
	p.Customers = slices.DeleteFunc(p.Customers, func(e golden.CustomerEffect) bool {
		p.Counts[e.Type]++
		return !p.shown("customer " + string(e.Type))
	})
	for i := range p.Targets {
		if p.most > 0 {
			p.Targets[i].Customers = p.Targets[i].Customers[:min(p.most, len(p.Targets[i].Customers))]
		}
	}
}

// streamsAlike says whether a stream's raw records are read and mapped alike in two folders.
func streamsAlike(a *Folder, x *Stream, b *Folder, y *Stream) bool {
	if x.Mapping == nil || y.Mapping == nil {
		return x.Mapping == nil && y.Mapping == nil
	}
	return x.fingerprint == y.fingerprint && reflect.DeepEqual(a.said(x.Mapping.Position(), x.Mapping.Names), b.said(y.Mapping.Position(), y.Mapping.Names))
}

// said is what decides how a mapping or a route works: its file, the region, and the tables that it
// names.
func (f *Folder) said(at config.Position, names func(table string) bool) []string {
	all := []string{f.Settings.Region, f.texts[f.relative(at.File)]}
	const tables = "mappings/lookups/"
	for name, text := range f.texts {
		if table, ok := strings.CutPrefix(name, tables); ok && names(strings.TrimSuffix(table, ".csv")) {
			all = append(all, name+"\n"+text)
		}
	}
	slices.Sort(all[2:])
	return all
}
