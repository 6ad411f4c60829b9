package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

const selectTask = `SELECT t.id, t.kind, t.score, t.priority, t.at, t.closed, t.records, t.detail, t.earlier FROM task t `

var (
	putTasks = rows("id text, kind text, score int, priority int, at time, closed time, records bytes, detail bytes, earlier bytes",
		`INSERT INTO task (id, kind, score, priority, at, closed, records, detail, earlier)
		SELECT * FROM v WHERE true ON CONFLICT (id) DO UPDATE SET score = excluded.score, priority = excluded.priority,
			detail = excluded.detail, closed = excluded.closed,
			at = CASE WHEN task.closed IS NULL THEN task.at ELSE excluded.at END,
			earlier = CASE WHEN task.closed IS NULL THEN task.earlier ELSE excluded.earlier END
		WHERE excluded.closed IS NULL AND (task.closed IS NOT NULL OR task.score <> excluded.score
			OR task.priority <> excluded.priority OR task.detail IS DISTINCT FROM excluded.detail)`)
	taskByID       = plain(selectTask + `WHERE t.id = {text}`)
	closedTasks    = plain(selectTask + `WHERE t.closed IS NOT NULL AND t.id = {any text}`)
	putTaskRecords = rows("record text, task text", `INSERT INTO task_record (record, task)
		SELECT record, task FROM v WHERE true ON CONFLICT (record, task) DO NOTHING`)
	// That tasks are open is not asked of the database: a planner that takes the open ones for few looks
	// each of them up among all the records.
	tasksAbout = plain(`WITH hit AS MATERIALIZED (SELECT DISTINCT r.task FROM task_record r WHERE r.record = {any text})
		SELECT t.id, t.kind, t.closed, t.records FROM hit JOIN task t ON t.id = hit.task`)
	closeTasks = plain(`UPDATE task SET closed = {time} WHERE id = {any text} AND closed IS NULL`)
)

// PutTasks implements golden.Results.
func (t *tx) PutTasks(ctx context.Context, tasks []golden.Task) error {
	type T = golden.Task
	tasks = lastBy(tasks, func(t *T) string { return t.ID }, strings.Compare)
	ids := column(tasks, func(t *T) string { return t.ID })
	closed, err := list(ctx, t.c, "read closed tasks", closedTasks, scanTask, ids)
	if err != nil {
		return err
	}
	for _, before := range closed {
		i, _ := slices.BinarySearch(ids, before.ID)
		tasks[i].Earlier = append(before.Earlier, golden.TaskSpan{At: before.At, Closed: *before.Closed})
	}
	var records, of []string
	for _, task := range tasks {
		if err := checkText("task", append(slices.Clone(task.Records), task.ID)...); err != nil {
			return err
		}
		for _, key := range unique(task.Records) {
			records, of = append(records, key), append(of, task.ID)
		}
	}
	if err := t.c.Put(ctx, "write tasks", putTasks,
		ids,
		column(tasks, func(t *T) string { return string(t.Kind) }),
		column(tasks, func(t *T) int64 { return int64(t.Score) }),
		column(tasks, func(t *T) int64 { return int64(t.Priority) }),
		column(tasks, func(t *T) time.Time { return t.At }),
		column(tasks, func(t *T) time.Time { return orZero(t.Closed) }),
		column(tasks, func(t *T) []byte { return encoded(t.Records) }),
		column(tasks, func(t *T) []byte { return t.Detail }),
		column(tasks, func(t *T) []byte { return encoded(t.Earlier) })); err != nil {
		return err
	}
	return t.c.Put(ctx, "index tasks", putTaskRecords, records, of)
}

// CloseTasks implements golden.Results.
func (t *tx) CloseTasks(ctx context.Context, keys []string, keep []string, at time.Time) error {
	keys, keep = known(keys), unique(keep)
	if len(keys) == 0 {
		return nil
	}
	about, err := list(ctx, t.c, "read tasks", tasksAbout, scanAbout, keys)
	if err != nil {
		return err
	}
	var over []string
	for _, task := range about {
		_, kept := slices.BinarySearch(keep, task.ID)
		outside := slices.ContainsFunc(task.Records, func(key string) bool {
			_, among := slices.BinarySearch(keys, key)
			return !among
		})
		if task.Closed == nil && !kept && !outside && task.Kind != golden.TaskOutcome {
			over = append(over, task.ID)
		}
	}
	if len(over) == 0 {
		return nil
	}
	return t.c.Put(ctx, "close tasks", closeTasks, at, over)
}

// SettleTasks implements golden.Results.
func (t *tx) SettleTasks(ctx context.Context, ids []string, at time.Time) error {
	ids = known(ids)
	if len(ids) == 0 {
		return nil
	}
	return t.c.Put(ctx, "close tasks", closeTasks, at, ids)
}

// Task implements golden.Results.
func (t *tx) Task(ctx context.Context, id string) (golden.Task, error) {
	if !storable(id) {
		return golden.Task{}, fmt.Errorf("task %q: %w", id, golden.ErrNotFound)
	}
	found, err := list(ctx, t.c, "read task", taskByID, scanTask, id)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("task %s: %w", id, golden.ErrNotFound)
	}
	if err != nil {
		return golden.Task{}, err
	}
	return found[0], nil
}

// Tasks implements golden.Reader.
func (s *Store) Tasks(ctx context.Context, q golden.TaskQuery) (tasks []golden.Task, err error) {
	w := &where{}
	w.equal("t.id", q.ID)
	w.equal("t.kind", string(q.Kind))
	if !q.Closed {
		w.and("t.closed IS NULL")
	}
	if q.Record != "" {
		w.and("t.id IN (SELECT r.task FROM task_record r WHERE r.record = {text})", q.Record)
	}
	if q.After != "" {
		w.and("(t.priority < {int} OR t.priority = {int} AND t.id > {text})", int64(q.AfterPriority), int64(q.AfterPriority), q.After)
	}
	err = s.backend.Read(ctx, func(c Conn) error {
		tasks, err = pick(ctx, c, "read tasks", w, selectTask, `ORDER BY t.priority DESC, t.id`, q.Limit, scanTask)
		return err
	})
	return tasks, err
}

func scanTask(scan Scan, t *golden.Task) error {
	var kind string
	var score, priority int64
	var closed time.Time
	var records, detail, earlier []byte
	if err := scan(&t.ID, &kind, &score, &priority, &t.At, &closed, &records, &detail, &earlier); err != nil {
		return err
	}
	t.Kind, t.Score, t.Priority, t.Closed = golden.TaskKind(kind), int32(score), int32(priority), orNil(closed)
	t.Detail = detail
	if err := decode(earlier, &t.Earlier, "history of task "+t.ID); err != nil {
		return err
	}
	return decode(records, &t.Records, "records of task "+t.ID)
}

// scanAbout reads of a task what says whether it is over.
func scanAbout(scan Scan, t *golden.Task) error {
	var kind string
	var closed time.Time
	var records []byte
	if err := scan(&t.ID, &kind, &closed, &records); err != nil {
		return err
	}
	t.Kind, t.Closed = golden.TaskKind(kind), orNil(closed)
	return decode(records, &t.Records, "records of task "+t.ID)
}

// limit is a page's length: all where none is asked for.
func limit(n int) int64 {
	if n <= 0 {
		return 1 << 62
	}
	return int64(n)
}
