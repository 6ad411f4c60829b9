package main

import (
	"bufio"
	"encoding/json"
	"fmt"
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
}

// nameQuestions are the full name, as a caller gives it, and its beginning, as somebody types it.
func nameQuestions(r *population.Record) []string {
	if r.GivenName == "" || len(r.Surname) < 5 {
		return nil
	}
	return []string{r.GivenName + " " + r.Surname, r.Surname + " " + r.GivenName, r.GivenName + " " + r.Surname[:4]}
}

// readQuestions returns the questions of each kind in by that the records of the file answer, and
// the number of records.
func readQuestions(path string, by []string) (known [][]string, records int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	known = make([][]string, len(by))
	for lines := json.NewDecoder(bufio.NewReaderSize(f, 1<<20)); lines.More(); records++ {
		var r population.Record
		if err := lines.Decode(&r); err != nil {
			return nil, 0, fmt.Errorf("read %s, record %d: %w", path, records+1, err)
		}
		for i, what := range by {
			of := questionsOf[what]
			if of == nil {
				return nil, 0, fmt.Errorf("-by: found %q, expected phone, email, identifier or name", what)
			}
			for _, question := range of(&r) {
				if question != "" {
					known[i] = append(known[i], question)
				}
			}
		}
	}
	for i, what := range by {
		if len(known[i]) == 0 {
			return nil, 0, fmt.Errorf("%s has no record to ask for by %s", path, what)
		}
	}
	return known, records, nil
}
