package main

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/hub"
)

// clearScreen moves to the top left and clears what is below (ECMA-48: CUP, ED).
const clearScreen = "\x1b[H\x1b[J"

// watchStatus redraws the status each second until Ctrl-C. Rates are those of the last second.
func (a *app) watchStatus(c *cobra.Command) error {
	cl, err := a.connect(c)
	if err != nil {
		return err
	}
	defer func() { _ = cl.close() }()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var before []hub.Stage
	var at time.Time
	for {
		var s api.Status
		if err := cl.get(c.Context(), "/v1/status", nil, &s); err != nil {
			if c.Context().Err() != nil {
				return nil
			}
			return err
		}
		now := time.Now()
		var screen bytes.Buffer
		screen.WriteString(clearScreen)
		if err := printStages(&screen, s.Stages, before, now.Sub(at)); err != nil {
			return err
		}
		fmt.Fprintln(&screen)
		if err := printStatus(&screen, s); err != nil {
			return err
		}
		if _, err := screen.WriteTo(c.OutOrStdout()); err != nil {
			return err
		}
		before, at = s.Stages, now
		select {
		case <-c.Context().Done():
			return nil
		case <-tick.C:
		}
	}
}

// printStages shows what the stages do; before is what they had done some time ago, nil where that
// is not known.
func printStages(w io.Writer, stages, before []hub.Stage, passed time.Duration) error {
	had := map[string]hub.Stage{}
	for _, s := range before {
		had[s.Name] = s
	}
	var rows [][]any
	for _, s := range stages {
		rate, oldest := "-", "-"
		if b, ok := had[s.Name]; ok && passed > 0 {
			rate = fmt.Sprintf("%.0f/s", float64(max(0, s.Done-b.Done))/passed.Seconds())
		}
		if s.Behind > 0 {
			oldest = time.Duration(s.Seconds * float64(time.Second)).Round(10 * time.Millisecond).String()
		}
		rows = append(rows, []any{s.Name, rate, s.Done, s.Failed, s.Behind, oldest})
	}
	return table(w, "STAGE\tRATE\tDONE\tFAILED\tBEHIND\tOLDEST", rows)
}
