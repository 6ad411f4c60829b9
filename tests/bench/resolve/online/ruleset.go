package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/match"
	"github.com/touchstone-hub/touchstone/tests/bench/resolve/rig"
	"github.com/touchstone-hub/touchstone/tests/population"
)

// ruleset loads the rules, and the parameters of those that have comparisons.
func ruleset(s settings) (*golden.Ruleset, error) {
	rules, err := rig.Rules(s.ruleset)
	if err != nil {
		return nil, err
	}
	if len(rules.MatchRules().Comparisons) == 0 {
		fmt.Println("rules: keys alone decide")
		return rules, nil
	}
	text, err := os.ReadFile(s.params)
	switch {
	case s.params != "" && err == nil:
		fmt.Printf("rules: %s, parameters of %s\n", s.ruleset, s.params)
	case s.params != "" && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case s.train == 0:
		fmt.Printf("rules: %s, untrained\n", s.ruleset)
		return rules, nil
	default:
		if text, err = learn(rules, s); err != nil {
			return nil, err
		}
	}
	return rules, rig.UseParams(rules, s.params, text)
}

// learn trains on the first records of the population. It gives, and keeps where that is asked for,
// the content of golden.params.
func learn(rules *golden.Ruleset, s settings) ([]byte, error) {
	began := time.Now()
	var records []match.Record
	for r := range population.New(s.n, s.seed).Records() {
		if len(records) == s.train {
			break
		}
		in := golden.Incoming{Customer: r.Customer()}
		in.Record.Key = in.Customer.Source.Key()
		records = append(records, rules.MatchRecord(&in))
	}
	t, err := golden.Train(rules, records, nil, nil)
	if err != nil {
		return nil, err
	}
	for _, why := range t.Refusals {
		fmt.Println("training:", why)
	}
	fmt.Printf("rules: %s, trained in %s on the first %d records\n", s.ruleset, seconds(time.Since(began)), len(records))
	text, err := rules.WriteParams(t, fmt.Sprintf("population of %d, seed %d", s.n, s.seed), time.Now())
	if err != nil || s.params == "" {
		return text, err
	}
	return text, os.WriteFile(s.params, text, 0o600)
}
