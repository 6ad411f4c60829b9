package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/canonical/standard"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden/match"
)

// ParamsFile is the name of the file beside golden.yaml that holds trained parameters.
const ParamsFile = "golden.params"

const paramsVersion = 1

// params is the content of the file: JSON, so that what changed shows in a diff.
type params struct {
	Version       int           `json:"version"`
	Ruleset       string        `json:"ruleset"`
	Trained       time.Time     `json:"trained"`
	Records       int           `json:"records"`
	Data          string        `json:"data"` // fingerprint of the records
	Standardisers string        `json:"standardisers"`
	Prior         int32         `json:"prior"`   // all weights in 1/1024 bit
	Related       int32         `json:"related"` // against relatives and colleagues
	Comparisons   []paramsOfOne `json:"comparisons"`
}

type paramsOfOne struct {
	Attribute   string       `json:"attribute"`
	Levels      []paramLevel `json:"levels"`
	Frequencies *frequencies `json:"frequencies,omitempty"`
}

type paramLevel struct {
	Level  string  `json:"level"`
	M      float64 `json:"m"` // share of the pairs of one customer
	U      float64 `json:"u"` // share of pairs at random
	Weight int32   `json:"weight"`
}

// frequencies are those of values seen often, as keyed hashes.
type frequencies struct {
	Key    uint64           `json:"key"`
	Totals []int64          `json:"totals"`
	Rare   int64            `json:"rare"`
	Mean   []int32          `json:"mean"`
	Counts map[string]int64 `json:"counts"` // by hash, hexadecimal
}

// WriteParams gives the content of the parameters' file. data is a fingerprint of what they were
// learnt from.
func (r *Ruleset) WriteParams(t *match.Training, data string, at time.Time) ([]byte, error) {
	p := params{
		Version: paramsVersion, Ruleset: r.Name, Trained: at.UTC().Truncate(time.Second), Records: t.Records, Data: data,
		Standardisers: standard.Version, Prior: t.Parameters.Prior, Related: t.Parameters.Related,
	}
	for i := range r.match.Comparisons {
		c := &r.match.Comparisons[i]
		one := paramsOfOne{Attribute: c.Attribute}
		for level := 1; level < len(t.Levels[i]); level++ {
			one.Levels = append(one.Levels, paramLevel{
				Level: c.LevelName(uint8(level)), M: t.Levels[i][level].M, U: t.Levels[i][level].U, Weight: t.Parameters.Weights[i][level],
			})
		}
		if f := t.Parameters.Frequencies[i]; f != nil {
			one.Frequencies = &frequencies{Key: f.Key, Totals: f.Totals, Rare: f.Rare, Mean: f.Mean, Counts: map[string]int64{}}
			for hash, n := range f.Counts {
				one.Frequencies.Counts[strconv.FormatUint(hash, 16)] = n
			}
		}
		p.Comparisons = append(p.Comparisons, one)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", " ")
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("write parameters: %w", err)
	}
	return out.Bytes(), nil
}

// UseParams takes parameters into the ruleset; file is what problems name. Parameters that were
// learnt for other comparisons or by other standardisers are a problem.
func (r *Ruleset) UseParams(file string, text []byte, ps *config.Problems) {
	problem := func(what, expected string) {
		ps.Add(config.Problem{Position: config.Position{File: file, Line: 1, Column: 1}, What: what, Expected: expected})
	}
	const again = "parameters of this ruleset; train again with touchstone match train"
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var p params
	switch err := d.Decode(&p); {
	case err != nil:
		problem("no parameters: "+err.Error(), "the file that touchstone match train writes")
		return
	case p.Version != paramsVersion:
		problem(fmt.Sprintf("parameters of version %d", p.Version), fmt.Sprintf("version %d; train again with touchstone match train", paramsVersion))
		return
	case p.Standardisers != standard.Version:
		problem("parameters learnt with standardisers of version "+p.Standardisers, "version "+standard.Version+"; train again with touchstone match train")
		return
	case len(p.Comparisons) != len(r.match.Comparisons):
		problem(fmt.Sprintf("parameters of %d comparisons where the ruleset has %d", len(p.Comparisons), len(r.match.Comparisons)), again)
		return
	}
	m := &match.Parameters{Prior: p.Prior, Related: p.Related}
	for i := range p.Comparisons {
		weights, f, what := p.Comparisons[i].of(&r.match.Comparisons[i])
		if what != "" {
			problem(what, again)
			return
		}
		m.Weights, m.Frequencies = append(m.Weights, weights), append(m.Frequencies, f)
	}
	r.match.Parameters = m
	r.params = fmt.Sprintf("%016x", xxhash.Sum64(text))
	r.Version = r.fingerprint()
}

// of gives the parameters of one comparison; what says how they are not its own.
func (p *paramsOfOne) of(c *match.Comparison) (weights []int32, f *match.Frequencies, what string) {
	if p.Attribute != c.Attribute || len(p.Levels) != len(c.Levels)+1 {
		return nil, nil, fmt.Sprintf("parameters of %s with %d levels where the ruleset compares %s with %d", p.Attribute, len(p.Levels), c.Attribute, len(c.Levels)+1)
	}
	weights = []int32{0}
	for i, l := range p.Levels {
		if name := c.LevelName(uint8(i + 1)); l.Level != name {
			return nil, nil, fmt.Sprintf("%s: parameters of level %q where the ruleset has %q", c.Attribute, l.Level, name)
		}
		weights = append(weights, l.Weight)
	}
	if (p.Frequencies != nil) != c.Frequency {
		return nil, nil, c.Attribute + ": frequencies of values stand in one of ruleset and parameters only"
	}
	if p.Frequencies == nil {
		return weights, nil, ""
	}
	f = &match.Frequencies{Key: p.Frequencies.Key, Totals: p.Frequencies.Totals, Rare: p.Frequencies.Rare, Mean: p.Frequencies.Mean, Counts: map[uint64]int64{}}
	if len(f.Mean) > len(c.Levels)+1 || len(f.Totals) != len(f.Mean) || slices.Min(append([]int64{f.Rare}, f.Totals...)) < 0 {
		return nil, nil, c.Attribute + ": frequencies that do not fit its levels"
	}
	for text, n := range p.Frequencies.Counts {
		hash, err := strconv.ParseUint(text, 16, 64)
		if err != nil || n < 1 {
			return nil, nil, fmt.Sprintf("%s: no frequency: %q: %d", c.Attribute, text, n)
		}
		f.Counts[hash] = n
	}
	return weights, f, ""
}
