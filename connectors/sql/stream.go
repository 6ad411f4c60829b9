package sql

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
)

const defaultPoll = "@every 1m"

// streamKeys are the kind's own keys of a stream.
type streamKeys struct {
	relation
	Columns []config.Positioned[string] `yaml:"columns" doc:"which columns a record has; all where left out"`
	Changed config.Positioned[string]   `yaml:"changed" doc:"column with the time of a row's last change, or with a number that grows with each"`
	Overlap time.Duration               `yaml:"overlap" default:"5s" min:"0s" max:"7d" doc:"how long a transaction may take to be committed after it has set changed"`
	Sweep   config.Positioned[string]   `yaml:"sweep" doc:"when to look for deleted rows: a cron expression or @every 1h"`
	Page    int                         `yaml:"page" default:"1000" min:"1" max:"10000" doc:"rows of one query"`
	Zone    config.Positioned[string]   `yaml:"zone" default:"UTC" doc:"of times without one, such as Europe/Berlin"`
	With    config.Ordered[relatedKeys] `yaml:"with" doc:"rows of other tables that are part of a record, as a list under the name given"`
}

// relatedKeys are rows that belong to a record.
type relatedKeys struct {
	relation
	Columns []config.Positioned[string]               `yaml:"columns" doc:"which columns they have; all where left out"`
	On      config.Ordered[config.Positioned[string]] `yaml:"on,required" doc:"their column: the record's column with the same value"`
	OrderBy orderings                                 `yaml:"order_by" doc:"column, or several, with asc or desc"`
	Changed config.Positioned[string]                 `yaml:"changed" doc:"column of their own changes, where those leave the record's alone"`
	Key     names                                     `yaml:"key" doc:"their own key, needed with changed"`
}

// names are one name or several.
type names []config.Positioned[string]

// ConfigSchema describes what DecodeConfig reads.
func (*names) ConfigSchema() map[string]any { return config.OneOrMore(config.Plain()) }

// DecodeConfig reads a text or a list of texts.
func (l *names) DecodeConfig(n *config.Node, ps *config.Problems) {
	items := n.Items()
	if n.Kind() == config.Scalar {
		items = []*config.Node{n}
	}
	for _, item := range items {
		if item.Kind() == config.Scalar && item.Text() != "" {
			*l = append(*l, config.Positioned[string]{Value: item.Text(), Node: item})
		}
	}
	if len(items) == 0 || len(*l) != len(items) {
		ps.Add(config.Problem{Position: n.Position(), What: "found " + n.Shown(), Expected: "a column, or a list of columns"})
	}
}

// orderings are columns to sort by.
type orderings []ordering

type ordering struct {
	column     config.Positioned[string]
	descending bool
}

// ConfigSchema describes what DecodeConfig reads.
func (*orderings) ConfigSchema() map[string]any { return config.OneOrMore(config.Plain()) }

// DecodeConfig reads `line_no`, `[priority desc, line_no]`.
func (o *orderings) DecodeConfig(n *config.Node, ps *config.Problems) {
	var list names
	list.DecodeConfig(n, ps)
	for _, one := range list {
		words := strings.Fields(one.Value)
		direction := "asc"
		if len(words) == 2 {
			direction = strings.ToLower(words[1])
		}
		if len(words) == 0 || len(words) > 2 || (direction != "asc" && direction != "desc") {
			ps.Add(config.Problem{Position: one.Position(), What: "order_by is " + one.Node.Shown(), Expected: "a column, with asc or desc after it"})
			continue
		}
		one.Value = words[0]
		*o = append(*o, ordering{one, direction == "desc"})
	}
}

// stream is one stream, checked.
type stream struct {
	name  string
	at    config.Position
	keys  []string
	set   streamKeys
	zone  *time.Location
	poll  cron.Schedule
	sweep cron.Schedule // nil: never
}

func openStream(s connectors.StreamSettings, ps *config.Problems) *stream {
	one := &stream{name: s.Name, at: s.At, keys: s.Keys}
	if !s.Rest.Decode(&one.set, ps) {
		return one
	}
	one.set.check(s.At, ps)
	if len(s.Keys) == 0 {
		ps.Add(config.Problem{Position: s.At, What: "nothing says by which column rows are told apart", Expected: "key: with a column, or a list of columns"})
	}
	for _, r := range one.set.With {
		r.Value.check(r.Position, ps)
		if r.Value.Changed.IsSet() && len(r.Value.Key) == 0 {
			ps.Add(config.Problem{Position: r.Value.Changed.Position(), What: "changed: without a key cannot be read page by page", Expected: "key: with the column by which these rows are told apart"})
		}
	}
	var err error
	if one.zone, err = time.LoadLocation(one.set.Zone.Value); err != nil {
		ps.Add(config.Problem{Position: one.set.Zone.Position(), What: fmt.Sprintf("unknown time zone %q", one.set.Zone.Value), Expected: "a name such as Europe/Berlin or Asia/Shanghai"})
	}
	// poll: was checked by whoever read the file.
	one.poll, _ = cron.ParseStandard(cmp.Or(s.Poll, defaultPoll))
	if one.set.Sweep.IsSet() {
		if one.sweep, err = cron.ParseStandard(one.set.Sweep.Value); err != nil {
			ps.Add(config.Problem{Position: one.set.Sweep.Position(), What: "sweep is " + one.set.Sweep.Node.Shown(), Expected: `a cron expression such as "0 3 * * *", or @every 1h`})
		}
	}
	return one
}

// fingerprint changes with what decides on a record's bytes: then all rows are read again.
func (s *stream) fingerprint() string {
	h := sha256.New()
	show := func(r relation, columns []config.Positioned[string]) {
		fmt.Fprintf(h, "%q %q", r.Table.Value, r.Query.Value)
		for _, c := range columns {
			fmt.Fprintf(h, " %q", c.Value)
		}
	}
	fmt.Fprintf(h, "%q %q %q ", s.keys, s.set.Changed.Value, s.set.Zone.Value)
	show(s.set.relation, s.set.Columns)
	for _, r := range s.set.With {
		fmt.Fprintf(h, "\n%q ", r.Name)
		show(r.Value.relation, r.Value.Columns)
		for _, on := range r.Value.On {
			fmt.Fprintf(h, " %q=%q", on.Name, on.Value.Value)
		}
		fmt.Fprintf(h, " %q", r.Value.Changed.Value)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
