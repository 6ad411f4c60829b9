package outage

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

func TestInput_aWrongSignatureIsRefusedAndNothingStored(t *testing.T) {
	t.Parallel()
	h := hubtest.Start(t, folder(t, nil), map[string]string{"SECRET": secret})
	good := contact(1, 1)
	if status, answer := h.Post("crm/contacts", signed(good), good); status != http.StatusOK { // the stream is open
		t.Fatalf("%d %s", status, answer)
	}
	bad := contact(2, 1)
	for name, header := range map[string]map[string]string{
		"none": nil, "another body's": signed(good), "another secret's": {"X-Signature": hubtest.Sign("else", bad)},
	} {
		if status, answer := ask(t, h.IntakeAddress(), "crm/contacts", header, bytes.NewReader(bad)); status != http.StatusUnauthorized {
			t.Errorf("with the signature %s: answered %d %s; want 401", name, status, answer)
		}
	}
	h.Rest(patience, hubtest.Counts{"crm/contacts": 1}.Missing)
	if n := h.Ingested("crm/contacts"); n != 1 {
		t.Errorf("%d records were stored; want 1", n)
	}
	if all, letters := h.Dump(), h.DeadLetters(); len(all) != 1 || len(letters) > 0 {
		t.Errorf("%d golden records, dead letters %v", len(all), letters)
	}
}

// endless is a body of so many bytes, which counts what was read of it.
type endless struct {
	left int64
	read *atomic.Int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), e.left)
	for i := range p[:n] {
		p[i] = ' '
	}
	e.left -= n
	e.read.Add(n)
	return int(n), nil
}

func TestInput_aBodyOf200MBIsRefusedInLittleMemory(t *testing.T) {
	h := hubtest.Start(t, folder(t, nil), map[string]string{"SECRET": secret})
	body := contact(1, 1)
	if status, answer := h.Post("crm/contacts", signed(body), body); status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	const size = 200 << 20
	for _, declared := range []bool{true, false} {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var sent atomic.Int64
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+h.IntakeAddress()+"/in/crm/contacts", &endless{size, &sent})
		if err != nil {
			t.Fatal(err)
		}
		if declared {
			q.ContentLength = size
		}
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("X-Signature", hubtest.Sign(secret, body))
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Errorf("length declared %v: %v; want 413", declared, err)
			continue
		}
		answer, _ := io.ReadAll(a.Body)
		_ = a.Body.Close()
		runtime.ReadMemStats(&after)
		if a.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("length declared %v: answered %d %s; want 413", declared, a.StatusCode, answer)
		}
		allocated := after.TotalAlloc - before.TotalAlloc
		if allocated > 64<<20 {
			t.Errorf("length declared %v: %d MB were allocated", declared, allocated>>20)
		}
		t.Logf("length declared %v: %d, after %d MB were sent and %d MB allocated", declared, a.StatusCode, sent.Load()>>20, allocated>>20)
	}
	if n := h.Ingested("crm/contacts"); n != 1 {
		t.Errorf("%d records were stored; want 1", n)
	}
}

// read waits until the drop folders are empty and so much is in the store.
func read(t *testing.T, h *hubtest.Hub, root string, counts hubtest.Counts) {
	t.Helper()
	h.Rest(patience, func(s *api.Status) string {
		if names, _ := filepath.Glob(filepath.Join(root, "drop", "*", "*.*")); len(names) > 0 {
			return "files are not taken yet: " + strings.Join(names, ", ")
		}
		return counts.Missing(s)
	})
}

// letter is the one dead letter that there is, with its bytes.
func letter(t *testing.T, h *hubtest.Hub) golden.DeadLetter {
	t.Helper()
	list, err := h.Store().DeadLetters(t.Context(), golden.DeadLetterQuery{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 {
		t.Fatalf("dead letters: %v; want one", h.DeadLetters())
	}
	l, err := h.Store().DeadLetter(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestInput_aQuoteThatIsNeverClosedCostsOneRecord(t *testing.T) {
	t.Parallel()
	lines, broken := 10_000, 7_001
	if long {
		lines, broken = 100_000, 70_001
	}
	var file bytes.Buffer
	file.WriteString("id,v,name\n")
	const row = `E%d,1,"Anna %d, 王"` + "\n"
	bad := fmt.Sprintf(`E%d,1,"Anna`, broken)
	for line := 2; line <= lines; line++ {
		if line == broken {
			file.WriteString(bad + "\n")
			continue
		}
		fmt.Fprintf(&file, row, line, line)
	}
	root := folder(t, nil)
	h := hubtest.Start(t, root, map[string]string{"SECRET": secret})
	put(t, filepath.Join(root, "drop/csv/customers.csv"), file.Bytes())
	read(t, h, root, hubtest.Counts{"erp/customers": int64(lines - 2)})
	l := letter(t, h)
	if string(l.Bytes) != bad && string(l.Bytes) != bad+"\n" {
		t.Errorf("the dead letter has the bytes %.200q; want %q", l.Bytes, bad)
	}
	if !strings.Contains(l.Position, fmt.Sprint(broken)) || l.Stage != "ingest" {
		t.Errorf("the dead letter is of stage %s and stood at %s; want line %d", l.Stage, l.Position, broken)
	}
	if all := h.Dump(); len(all) != lines-2 {
		t.Errorf("%d golden records; want %d", len(all), lines-2)
	}
	t.Logf("%s: %s", l.Position, l.Error)
}

func TestInput_whatCameBeforeABreakInAnArrayStands(t *testing.T) {
	t.Parallel()
	const whole = 3_000
	file := []byte("[")
	for n := range whole {
		file = append(append(file, contact(n, 1)...), ",\n"...)
	}
	file = append(file, `{"id": 99999, "v": 1, "na`...)
	root := folder(t, nil)
	h := hubtest.Start(t, root, map[string]string{"SECRET": secret})
	put(t, filepath.Join(root, "drop/json/list.json"), file)
	read(t, h, root, hubtest.Counts{"erp/lists": whole})
	l := letter(t, h)
	if !strings.HasPrefix(string(l.Bytes), `{"id": 99999`) && !strings.Contains(string(l.Bytes), `"na`) {
		t.Errorf("the dead letter has the bytes %.200q", l.Bytes)
	}
	if !strings.Contains(l.Position, fmt.Sprint(whole+1)) {
		t.Errorf("the dead letter stood at %s; want line %d", l.Position, whole+1)
	}
	if all := h.Dump(); len(all) != whole {
		t.Errorf("%d golden records; want %d", len(all), whole)
	}
	t.Logf("%s: %s", l.Position, l.Error)
}

// The disk fills up below the hub: another program writes until less than the limit is left.
func TestInput_aFullDiskStopsTheIntakeUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	h := hubtest.Start(t, folder(t, nil), map[string]string{"SECRET": secret, "DATA": filepath.Join(disk, "data"), "FREE_DISK": "8MB"})
	var stored int
	try := func() (int, string) {
		body := contact(stored+1, 1)
		status, answer := ask(t, h.IntakeAddress(), "crm/contacts", signed(body), bytes.NewReader(body))
		if status == http.StatusOK {
			stored++
		}
		return status, answer
	}
	until := func(want int) (answer string) {
		t.Helper()
		for late := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
			status, answer := try()
			if status == want {
				return answer
			}
			if time.Now().After(late) {
				t.Fatalf("still answered %d %s; want %d", status, answer, want)
			}
		}
	}
	until(http.StatusOK)
	hog := filepath.Join(disk, "hog")
	fill(t, hog, disk, 4<<20)
	said := until(http.StatusServiceUnavailable)
	var why string
	for late := time.Now().Add(patience); why == ""; time.Sleep(20 * time.Millisecond) {
		why = strings.Join(notReady(t, h), "; ")
		if time.Now().After(late) {
			t.Fatal("the hub does not say that the disk is full")
		}
	}
	if !strings.Contains(why, "disk") {
		t.Errorf("the hub is not ready because of %q; want the disk", why)
	}
	if err := os.Remove(hog); err != nil {
		t.Fatal(err)
	}
	until(http.StatusOK)
	h.Rest(patience, hubtest.Counts{"crm/contacts": int64(stored)}.Missing)
	if all := h.Dump(); len(all) != stored {
		t.Errorf("%d golden records; %d were acknowledged", len(all), stored)
	}
	t.Logf("the sender was told %q, the operator %q", said, why)
}

// fill writes until only so much is left on the disk.
func fill(t *testing.T, hog, disk string, left int64) {
	t.Helper()
	f, err := os.Create(hog)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	_, _ = rand.Read(block)
	for free(t, disk) > left {
		if _, err := f.Write(block); err != nil {
			t.Fatal(err)
		}
	}
}
