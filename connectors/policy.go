package connectors

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/config"
)

// TargetPolicy says how the hub writes to a target; the kind knows nothing of it.
type TargetPolicy struct {
	Attempts    int           // after which a write is left to a person; 0: without end
	Backoff     time.Duration // before the second attempt; it doubles from there
	MaxBackoff  time.Duration
	Rate        float64 // writes a second; 0: without limit
	Concurrency int     // calls of Deliver at the same time
	Batch       int     // deliveries in one call
}

// DefaultPolicy is what holds where a connector file says nothing.
var DefaultPolicy = TargetPolicy{Backoff: time.Second, MaxBackoff: 5 * time.Minute, Concurrency: 4, Batch: 50}

// orDefault fills what is zero.
func (p TargetPolicy) orDefault() TargetPolicy {
	return TargetPolicy{
		Attempts:    p.Attempts,
		Backoff:     cmp.Or(p.Backoff, DefaultPolicy.Backoff),
		MaxBackoff:  cmp.Or(p.MaxBackoff, DefaultPolicy.MaxBackoff),
		Rate:        p.Rate,
		Concurrency: cmp.Or(p.Concurrency, DefaultPolicy.Concurrency),
		Batch:       cmp.Or(p.Batch, DefaultPolicy.Batch),
	}
}

// policyKeys are a policy as it stands in a connector file, for all targets or for one.
type policyKeys struct {
	Retry *struct {
		Attempts   *int           `yaml:"attempts" min:"0" doc:"after which a write is left to a person; 0 is without end"`
		Backoff    *time.Duration `yaml:"backoff" min:"10ms" doc:"before the second attempt; it doubles from there"`
		MaxBackoff *time.Duration `yaml:"max_backoff" min:"10ms" doc:"the longest delay"`
	} `yaml:"retry" doc:"how failed writes are repeated"`
	Rate        *rate `yaml:"rate" doc:"most writes in a time: 10/s, 600/m, 5000/h"`
	Concurrency *int  `yaml:"concurrency" min:"1" max:"256" doc:"calls at the same time"`
	Batch       *int  `yaml:"batch" min:"1" max:"10000" doc:"writes in one call"`
}

// over lays what is given over p.
func (k policyKeys) over(p TargetPolicy) TargetPolicy {
	if k.Retry != nil {
		set(&p.Attempts, k.Retry.Attempts)
		set(&p.Backoff, k.Retry.Backoff)
		set(&p.MaxBackoff, k.Retry.MaxBackoff)
	}
	if k.Rate != nil {
		p.Rate = float64(*k.Rate)
	}
	set(&p.Concurrency, k.Concurrency)
	set(&p.Batch, k.Batch)
	p.MaxBackoff = max(p.MaxBackoff, p.Backoff)
	return p
}

func set[T any](into, from *T) {
	if from != nil {
		*into = *from
	}
}

// rate is a number of writes a second.
type rate float64

// ConfigSchema describes what DecodeConfig reads.
func (*rate) ConfigSchema() map[string]any {
	return map[string]any{"type": "string", "pattern": `^[0-9.]+/[smh]$|\$\{[^}]*\}`}
}

// DecodeConfig reads "10/s", "600/m" and "5000/h".
func (r *rate) DecodeConfig(n *config.Node, ps *config.Problems) {
	count, unit, _ := strings.Cut(n.Text(), "/")
	seconds := map[string]float64{"s": 1, "m": 60, "h": 3600}[unit]
	number, err := strconv.ParseFloat(count, 64)
	if err != nil || number <= 0 || seconds == 0 {
		ps.Add(config.Problem{Position: n.Position(), What: fmt.Sprintf("rate is %s", n.Shown()), Expected: "a rate such as 10/s, 600/m or 5000/h"})
		return
	}
	*r = rate(number / seconds)
}
