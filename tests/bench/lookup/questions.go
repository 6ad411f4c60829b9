package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"strconv"

	"github.com/touchstone-hub/touchstone/tests/population"
)

// questionsOf are the values of a record that can be asked for.
var questionsOf = map[string]func(r *population.Record) []string{
	"phone":      func(r *population.Record) []string { return []string{r.Mobile, r.Phone} },
	"email":      func(r *population.Record) []string { return []string{r.Email} },
	"identifier": func(r *population.Record) []string { return []string{"customer-number:" + strconv.Itoa(r.ID)} },
	"name":       nameQuestions,
	"q":          wordQuestions,
}

// nameQuestions are the full name, as a caller gives it, and its beginning, as somebody types it.
func nameQuestions(r *population.Record) []string {
	if r.GivenName == "" || len(r.Surname) < 5 {
		return nil
	}
	return []string{r.GivenName + " " + r.Surname, r.Surname + " " + r.GivenName, r.GivenName + " " + r.Surname[:4]}
}

// wordQuestions are what a call center types: a surname alone, with the town, with the postcode, with
// the end of a number, and all that the caller said.
func wordQuestions(r *population.Record) []string {
	if r.Surname == "" || r.City == "" || r.Postcode == "" || len(r.Mobile) < 8 {
		return nil
	}
	end := r.Mobile[len(r.Mobile)-4:]
	return []string{
		r.Surname, r.Surname + " " + r.City, r.Surname + " " + r.Postcode, r.Surname + " " + end,
		r.GivenName + " " + r.Surname + " " + r.City + " " + r.Postcode,
	}
}

// mostQuestions of a kind are asked in turn: as many as nobody remembers the answers to.
const mostQuestions = 100_000

// readQuestions returns the questions of each kind that records answer, and the number of records.
func readQuestions(s settings) (known [][]string, records int, err error) {
	known = make([][]string, len(s.by))
	for _, what := range s.by {
		if questionsOf[what] == nil {
			return nil, 0, fmt.Errorf("-by: found %q, expected phone, email, identifier, name or q", what)
		}
	}
	for r, err := range s.records() {
		if err != nil {
			return nil, 0, err
		}
		records++
		for i, what := range s.by {
			for _, question := range questionsOf[what](&r) {
				if question != "" && len(known[i]) < mostQuestions {
					known[i] = append(known[i], question)
				}
			}
		}
	}
	for i, what := range s.by {
		if len(known[i]) == 0 {
			return nil, 0, fmt.Errorf("there is no record to ask for by %s", what)
		}
	}
	return known, records, nil
}

// records are those of the file, or of the population in the store that is kept.
func (s settings) records() iter.Seq2[population.Record, error] {
	return func(yield func(population.Record, error) bool) {
		if s.keep != "" {
			for r := range population.New(s.n, seed).Records() {
				if r.ID > mostQuestions || !yield(r, nil) {
					return
				}
			}
			return
		}
		f, err := os.Open(s.input)
		if err != nil {
			yield(population.Record{}, err)
			return
		}
		defer f.Close()
		lines := json.NewDecoder(bufio.NewReaderSize(f, 1<<20))
		for n := 1; lines.More(); n++ {
			var r population.Record
			if err := lines.Decode(&r); err != nil {
				yield(r, fmt.Errorf("read %s, record %d: %w", s.input, n, err))
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// seed of the population in a store that is kept.
const seed = 1
