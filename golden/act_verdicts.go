package golden

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Merge makes two customers one. Each side is a golden ID, which stands for all of the customer's
// records, or the key of a source record, which stands for that record. Which is named first makes
// no difference.
func Merge(left, right string) Doing {
	return func(ctx context.Context, a *acting) error {
		x, err := a.side(ctx, "left", left)
		if err != nil {
			return err
		}
		y, err := a.side(ctx, "right", right)
		if err != nil {
			return err
		}
		for _, key := range x {
			if slices.Contains(y, key) {
				return &StandsError{left + " and " + right + " are one customer already"}
			}
		}
		return a.make(ctx, Decision{Verdict: Same, Left: x, Right: y})
	}
}

// side is the records that a golden ID or a record key stands for.
func (a *acting) side(ctx context.Context, field, name string) ([]string, error) {
	if strings.Contains(name, "/") {
		return []string{name}, a.known(ctx, field, []string{name})
	}
	record, err := a.customer(ctx, name)
	return record.Sources, err
}

// SplitOff takes records out of a customer: they are another one than the rest, by one decision
// between the two sets.
func SplitOff(id string, records []string) Doing {
	return func(ctx context.Context, a *acting) error {
		record, err := a.customer(ctx, id)
		if err != nil {
			return err
		}
		if err := a.known(ctx, "records", records); err != nil {
			return err
		}
		for _, key := range records {
			if !slices.Contains(record.Sources, key) {
				return &InvalidError{"records", key, "source records of " + record.ID + ": " + strings.Join(record.Sources, ", ")}
			}
		}
		rest := without(record.Sources, records)
		if len(rest) == 0 {
			return &InvalidError{"records", "all records of " + record.ID, "some of them, so that some are left"}
		}
		return a.make(ctx, Decision{Verdict: Different, Left: sorted(records), Right: rest})
	}
}

// Move takes a record out of the customer that it is in and puts it into another: different from
// those that it was with, the same as those that it comes to.
func Move(record, to string) Doing {
	return func(ctx context.Context, a *acting) error {
		target, err := a.customer(ctx, to)
		if err != nil {
			return err
		}
		if err := a.known(ctx, "record", []string{record}); err != nil {
			return err
		}
		if slices.Contains(target.Sources, record) {
			return &StandsError{record + " is a record of " + target.ID + " already"}
		}
		from, err := a.tx.Entities(ctx, []EntityNo{a.byKey[record].Entity})
		if err != nil {
			return err
		}
		own := []string{record}
		var decisions []Decision
		if len(from) > 0 {
			if rest := without(from[0].Sources, own); len(rest) > 0 && from[0].State == Live {
				decisions = append(decisions, Decision{Verdict: Different, Left: own, Right: rest})
			}
		}
		return a.make(ctx, append(decisions, Decision{Verdict: Same, Left: own, Right: target.Sources})...)
	}
}

// Judge is a verdict between two sets of records.
func Judge(verdict Verdict, left, right []string) Doing {
	return func(ctx context.Context, a *acting) error {
		if verdict != Same && verdict != Different {
			return &InvalidError{"verdict", string(verdict), "same or different"}
		}
		if err := a.known(ctx, "left", left); err != nil {
			return err
		}
		if err := a.known(ctx, "right", right); err != nil {
			return err
		}
		for _, key := range left {
			if slices.Contains(right, key) {
				return &InvalidError{"right", key, "records that do not stand on the left too"}
			}
		}
		return a.make(ctx, Decision{Verdict: verdict, Left: sorted(left), Right: sorted(right)})
	}
}

// Answer is the verdict on a task. A task about two records is about the one and the other; of one
// about more, left and right say which against which.
func Answer(id string, verdict Verdict, left, right []string) Doing {
	return func(ctx context.Context, a *acting) error {
		task, err := a.tx.Task(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case task.Closed != nil:
			return &StandsError{fmt.Sprintf("task %s was settled on %s", id, task.Closed.UTC().Format("2006-01-02T15:04:05Z"))}
		case task.Kind == TaskOutcome:
			return &InvalidError{"task", "a question about a write to a target", "one about records; see touchstone deliveries"}
		case len(left)+len(right) == 0 && len(task.Records) == 2:
			left, right = task.Records[:1], task.Records[1:]
		case len(left) == 0 || len(right) == 0:
			return &InvalidError{"left", fmt.Sprintf("a question about %d records", len(task.Records)), "left and right, to say which records against which"}
		}
		for _, key := range slices.Concat(left, right) {
			if !slices.Contains(task.Records, key) {
				return &InvalidError{"left", key, "records of the task: " + strings.Join(task.Records, ", ")}
			}
		}
		return Judge(verdict, left, right)(ctx, a)
	}
}

// UndoOf ends the act that a decision belongs to, with all that it decided.
func UndoOf(id string) Doing {
	return func(ctx context.Context, a *acting) error {
		decisions, err := a.tx.DecisionsOfAct(ctx, id)
		if err != nil {
			return err
		}
		if len(decisions) == 0 {
			return fmt.Errorf("decision %s: %w", id, ErrNotFound)
		}
		if decisions[0].Undone != nil {
			return &StandsError{undoneAt(decisions[0])}
		}
		return a.undo(ctx, decisions)
	}
}

func (a *acting) undo(ctx context.Context, decisions []Decision) error {
	var keys []string
	for i := range decisions {
		d := &decisions[i]
		d.Undone, d.UndoneBy, d.UndoneReason = &a.now, a.Author, a.Reason
		keys = append(append(keys, d.Left...), d.Right...)
		if d.Verdict == Pinned {
			if err := a.unwrite(ctx, *d); err != nil {
				return err
			}
		}
	}
	a.id, a.decisions = "", decisions
	if err := a.tx.PutDecisions(ctx, decisions); err != nil {
		return err
	}
	return a.again(ctx, keys, causeUndo+decisions[0].Act)
}

func without(keys, out []string) (rest []string) {
	for _, key := range keys {
		if !slices.Contains(out, key) {
			rest = append(rest, key)
		}
	}
	return rest
}

func sorted(keys []string) []string {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	return slices.Compact(keys)
}
