package golden

import (
	"embed"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden/match"
)

// matchFile is the part `match:` of golden.yaml.
type matchFile struct {
	Rules  config.Positioned[string]   `yaml:"rules" doc:"shipped rules to start from"`
	Unique []config.Positioned[string] `yaml:"unique" doc:"identifier schemes under which a value belongs to one customer only"`
	Keys   []keyFile                   `yaml:"keys" doc:"records with an equal value for all parts of one key are compared"`
	// Compare has nil for what the file does not say: the shipped rules' comparisons stay.
	Compare    []compareFile `yaml:"compare" doc:"how pairs are weighed that share a key; without it the keys themselves decide"`
	Thresholds struct {
		Link   config.Positioned[float64] `yaml:"link" min:"-60" max:"60" doc:"bits from which a pair is a reason to join"`
		Review config.Positioned[float64] `yaml:"review" min:"-60" max:"60" doc:"bits from which a pair that does not join is shown to a person"`
	} `yaml:"thresholds" doc:"what weights mean"`
	Swapped      config.Positioned[float64] `yaml:"swapped" min:"0" max:"20" doc:"bits that names count less whose given and family name are swapped"`
	Prior        config.Positioned[float64] `yaml:"prior" min:"-60" max:"0" doc:"bits of a pair of which nothing is known, until parameters are trained"`
	Placeholders struct {
		Shipped config.Positioned[bool]     `yaml:"shipped" doc:"values that are known everywhere to stand for none, such as unknown or 000-0000, count as none too; true if not given"`
		Names   []config.Positioned[string] `yaml:"names" doc:"names, and parts of names, that stand for none"`
		Emails  []config.Positioned[string] `yaml:"emails" doc:"mail addresses that stand for none; @DOMAIN for all of a domain"`
		Phones  []config.Positioned[string] `yaml:"phones" doc:"telephone numbers that stand for none"`
	} `yaml:"placeholders" doc:"values that stand for none: no two records are compared by them"`
	Limits struct {
		Block     int `yaml:"block" min:"2" max:"10000" doc:"a key with more live records is generic and brings nobody together"`
		Component int `yaml:"component" min:"2" max:"2000" doc:"more connected records are cut at their weakest edges"`
	} `yaml:"limits" doc:"bounds of the work"`
}

// compareFile is one comparison.
type compareFile struct {
	Attribute config.Positioned[string]  `yaml:"attribute,required" doc:"what is compared: an attribute, identifiers.SCHEME or attributes.NAME"`
	As        config.Positioned[string]  `yaml:"as" doc:"attribute whose usual levels it takes"`
	Levels    []levelFile                `yaml:"levels" doc:"degrees of likeness, the strongest first"`
	Otherwise config.Positioned[float64] `yaml:"otherwise" min:"-30" max:"30" doc:"bits where no level holds, until parameters are trained"`
	Shared    config.Positioned[bool]    `yaml:"shared" doc:"relatives and colleagues have the value in common"`
	Frequency config.Positioned[bool]    `yaml:"frequency" doc:"common values weigh less than rare ones"`
}

// levelFile is one level: a name, or a name with a number, and perhaps a weight.
type levelFile struct {
	node   *config.Node
	name   string
	arg    *config.Node
	weight *config.Node
}

// DecodeConfig implements config.Decoder.
func (f *levelFile) DecodeConfig(n *config.Node, ps *config.Problems) {
	f.node = n
	if n.Kind() == config.Scalar {
		f.name = n.Text()
		return
	}
	for _, e := range n.Entries() {
		if e.Key == "weight" {
			f.weight = e.Value
			continue
		}
		if f.name != "" {
			ps.Add(config.Problem{Position: e.Position, What: fmt.Sprintf("%q beside %q", e.Key, f.name), Expected: "one level, and weight"})
			continue
		}
		f.name, f.arg = e.Key, e.Value
	}
}

// ConfigSchema describes what DecodeConfig reads.
func (*levelFile) ConfigSchema() map[string]any {
	properties := map[string]any{"weight": map[string]any{"type": "number"}}
	for kind, name := range match.LevelNames {
		switch match.LevelKind(kind).Argument() {
		case match.NoArgument:
			properties[name] = map[string]any{"type": "null"}
		default:
			properties[name] = map[string]any{"type": "number", "minimum": 0}
		}
	}
	return map[string]any{"anyOf": []any{
		map[string]any{"enum": match.LevelNames[:]},
		map[string]any{"type": "object", "properties": properties, "additionalProperties": false},
	}}
}

// matchSchema puts the names into the schema of `match:`.
func matchSchema(properties map[string]any) {
	properties["rules"] = map[string]any{"enum": ShippedRules()}
	compare := properties["compare"].(map[string]any)["items"].(map[string]any)["properties"].(map[string]any)
	compare["attribute"] = map[string]any{"anyOf": []any{
		map[string]any{"enum": match.AttributeNames}, map[string]any{"pattern": `^(identifiers|attributes)\..+`},
	}}
	compare["as"] = map[string]any{"enum": match.AttributeNames}
}

//go:embed rulesets/*.yaml
var shipped embed.FS

// exactRules are the shipped rules by which keys alone decide.
const exactRules = "exact"

// ShippedRules are the names that `match: {rules: …}` may have.
func ShippedRules() []string {
	names := []string{exactRules}
	files, _ := shipped.ReadDir("rulesets")
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), path.Ext(f.Name())))
	}
	return names
}

func (l *rulesetLoader) match(file *matchFile) {
	if name := file.Rules.Value; file.Rules.IsSet() && name != exactRules {
		l.shipped(file.Rules, name)
	}
	m := &l.ruleset.match
	if file.Unique != nil {
		m.Unique = l.unique(file.Unique)
	}
	l.placeholders(file)
	l.thresholds(file)
	if file.Compare != nil {
		l.comparisons(file.Compare)
	}
	if file.Keys != nil {
		l.keys(file.Keys)
	}
	l.reachable(file)
	if file.Limits.Block > 0 {
		m.Limits.Block = file.Limits.Block
	}
	if file.Limits.Component > 0 {
		m.Limits.Component = file.Limits.Component
	}
}

// shipped reads rules of the program's own.
func (l *rulesetLoader) shipped(at config.Positioned[string], name string) {
	text, err := shipped.ReadFile("rulesets/" + name + ".yaml")
	if err != nil {
		l.unknown(at.Node, "shipped rules", ShippedRules())
		return
	}
	var file matchFile
	config.Parse("rulesets/"+name+".yaml", text, nil, l.problems).Decode(&file, l.problems)
	l.match(&file)
}

func (l *rulesetLoader) thresholds(file *matchFile) {
	m := &l.ruleset.match
	if file.Compare != nil && len(m.Comparisons) == 0 {
		m.Thresholds, m.Swap, m.Prior, m.Related = match.Thresholds{Edge: -4 * match.Bit}, 3*match.Bit, -18*match.Bit, 0
	}
	set := func(p config.Positioned[float64], to *int32, sign float64) {
		if p.IsSet() {
			*to = int32(math.Round(sign * p.Value * match.Bit))
		}
	}
	set(file.Thresholds.Link, &m.Thresholds.Link, 1)
	set(file.Thresholds.Review, &m.Thresholds.Edge, 1)
	set(file.Swapped, &m.Swap, 1)
	set(file.Prior, &m.Prior, 1)
	if m.Thresholds.Edge > m.Thresholds.Link {
		l.problems.Add(config.Problem{
			Position: file.Thresholds.Review.Position(), What: "review lies above link",
			Expected: "pairs to review to weigh no more than those to join",
		})
	}
}

func (l *rulesetLoader) comparisons(files []compareFile) {
	var list []match.Comparison
	for i := range files {
		f := &files[i]
		name := f.Attribute.Value
		switch {
		case name == "":
			continue // told already
		case !match.KnownAttribute(name):
			l.unknown(f.Attribute.Node, "attribute", match.AttributeNames)
			continue
		case slices.ContainsFunc(list, func(c match.Comparison) bool { return c.Attribute == name }):
			l.problems.Add(config.Problem{Position: f.Attribute.Position(), What: name + " is compared already", Expected: "every attribute once, with several levels"})
			continue
		case len(list) == match.MostComparisons:
			l.problems.Add(config.Problem{Position: f.Attribute.Position(), What: fmt.Sprintf("more than %d comparisons", match.MostComparisons), Expected: "fewer"})
			return
		}
		list = append(list, l.comparison(f))
	}
	if len(list) > 0 {
		l.ruleset.match.CompareBy(list)
	}
}

func (l *rulesetLoader) comparison(f *compareFile) match.Comparison {
	like := f.Attribute.Value
	if f.As.IsSet() {
		if !slices.Contains(match.AttributeNames, f.As.Value) {
			l.unknown(f.As.Node, "attribute", match.AttributeNames)
		} else {
			like = f.As.Value
		}
	}
	var of []*levelFile
	c := match.UsualComparison(like)
	c.Attribute = f.Attribute.Value
	if f.Levels != nil {
		c.Levels = nil
		for i := range f.Levels {
			if level, ok := l.level(&f.Levels[i]); ok {
				c.Levels, of = append(c.Levels, level), append(of, &f.Levels[i])
			}
		}
		if len(f.Levels) == 0 {
			l.problems.Add(config.Problem{Position: f.Attribute.Position(), What: f.Attribute.Value + " has no levels", Expected: "at least one, such as exact; without `levels:` it has its usual ones"})
		}
	}
	if f.Otherwise.IsSet() {
		c.Otherwise = int32(math.Round(f.Otherwise.Value * match.Bit))
	}
	if f.Levels != nil {
		l.levels(f, &c, of)
	}
	if f.Shared.IsSet() {
		c.Shared = f.Shared.Value
	}
	if f.Frequency.IsSet() {
		c.Frequency = f.Frequency.Value
	}
	return c
}

func (l *rulesetLoader) level(f *levelFile) (level match.Level, ok bool) {
	kind := slices.Index(match.LevelNames[:], f.name)
	if kind < 0 {
		p := config.Problem{Position: f.node.Position(), What: fmt.Sprintf("unknown level %q", f.name), Expected: "one of " + strings.Join(match.LevelNames[:], ", "), Hint: config.Nearest(f.name, match.LevelNames[:])}
		l.problems.Add(p)
		return level, false
	}
	level = match.UsualLevel(match.LevelKind(kind))
	if f.weight.IsSet() {
		bits, err := strconv.ParseFloat(f.weight.Text(), 64)
		if err != nil || math.Abs(bits) > 30 {
			l.problems.Add(config.Problem{Position: f.weight.Position(), What: "weight is " + f.weight.Shown(), Expected: "bits from -30 to 30"})
		}
		level.Weight = int32(math.Round(bits * match.Bit))
	}
	arg := level.Kind.Argument()
	switch {
	case arg == match.NoArgument && f.arg.IsSet():
		l.problems.Add(config.Problem{Position: f.arg.Position(), What: f.name + " has a number", Expected: "none"})
	case arg == match.NoArgument:
	case !f.arg.IsSet():
		l.problems.Add(config.Problem{Position: f.node.Position(), What: f.name + " has no number", Expected: fmt.Sprintf("{%s: %s}", f.name, arg.Example())})
	default:
		n, err := strconv.ParseFloat(f.arg.Text(), 64)
		if err != nil || !arg.Fits(n) {
			l.problems.Add(config.Problem{Position: f.arg.Position(), What: f.name + " is " + f.arg.Shown(), Expected: arg.Expected()})
			return level, false
		}
		level.Arg = arg.Whole(n)
	}
	return level, true
}
