package partners

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

var (
	interchangeNumber = regexp.MustCompile(`~IEA\*\d+\*(\d+)~`)
	groupNumber       = regexp.MustCompile(`~GE\*\d+\*(\d+)~`)
	setNumber         = regexp.MustCompile(`~SE\*\d+\*(\d+)~`)
	answered          = regexp.MustCompile(`~AK1\*PO\*(\d+)~`)
	responded         = regexp.MustCompile(`~BAK\*\w+\*\w+\*([^*~]+)\*`)
)

// Promise 1 and more: killed between receipt, publication, acknowledgement and number, a hub loses no
// interchange, processes none twice, and gives each number once.
func TestExchange_killedAtAnyTimeLosesNothingAndNumbersWithoutGaps(t *testing.T) {
	kills := 12
	if long {
		kills = 60
	}
	killed(t, nil, kills, 400*time.Millisecond)
}

// On PostgreSQL the dead process's lease has to run out before the next one works for partners.
func TestExchange_killedOnPostgres(t *testing.T) {
	kills := 1
	if long {
		kills = 4
	}
	killed(t, map[string]string{"STORE": pgtest.Start(t)}, kills, 15*time.Second)
}

var long = os.Getenv("TOUCHSTONE_LONG") == "1"

// killed kills a hub again and again, each time after at most so long, and looks what the partner got in
// the end.
func killed(t *testing.T, env map[string]string, kills int, most time.Duration) {
	t.Helper()
	const orders = 3
	folder := hubtest.Folder(t, "testdata/hub")
	p := newPartner(t, folder)
	p.start()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var want []string
	send := func() {
		var sets []string
		for range orders {
			number := fmt.Sprintf("PO-%04d", len(want))
			want = append(want, number)
			sets = append(sets, order(number))
		}
		p.send("PO", "850", sets...)
	}
	for range kills {
		h := hubtest.Spawn(t, folder, env)
		for range 1 + random.IntN(3) {
			send()
		}
		// what is under way then is anything between the receipt of a file and the closing of a response
		time.Sleep(time.Duration(random.Int64N(int64(most))))
		h.Kill()
	}
	h := hubtest.Start(t, folder, env)
	h.Rest(patience, func(s *api.Status) string {
		if n := s.Documents["Order"]; n != int64(len(want)) {
			return fmt.Sprintf("the store holds %d orders of %d", n, len(want))
		}
		if waiting, _ := filepath.Glob(filepath.Join(p.in, "*.edi")); len(waiting) > 0 {
			return fmt.Sprintf("%d files are not taken yet", len(waiting))
		}
		return open(h, "interchange", "accepted", "answers", "done", "acknowledged") + open(h, "document", "acknowledged")
	})
	p.end()
	all := "~" + string(p.all())
	for what, re := range map[string]*regexp.Regexp{"interchange": interchangeNumber, "group": groupNumber, "set": setNumber} {
		for i, found := range re.FindAllStringSubmatch(all, -1) {
			if got := strings.TrimLeft(found[1], "0"); got != fmt.Sprint(i+1) {
				t.Errorf("%s %s stands in place %d", what, found[1], i+1)
			}
		}
	}
	p.once(answered, all, p.ordered())
	p.once(responded, all, want)
	if letters := h.DeadLetters(); len(letters) > 0 {
		t.Errorf("dead letters %q", letters)
	}
	t.Logf("%d interchanges of orders, %d interchanges sent, %d kills", len(want)/orders, len(p.got), kills)
}

// ordered are the control numbers of the groups of orders that the partner sent.
func (p *partner) ordered() (numbers []string) {
	kept, _ := filepath.Glob(filepath.Join(p.in, "archive", "*.edi"))
	for _, name := range kept {
		content, err := os.ReadFile(name)
		if err != nil {
			p.t.Fatal(err)
		}
		if strings.Contains(string(content), "~GS*PO*") {
			numbers = append(numbers, groupNumber.FindStringSubmatch(string(content))[1])
		}
	}
	return numbers
}

// once checks that each of the wanted was found once, and nothing else.
func (p *partner) once(re *regexp.Regexp, text string, want []string) {
	p.t.Helper()
	count := map[string]int{}
	for _, found := range re.FindAllStringSubmatch(text, -1) {
		count[found[1]]++
	}
	for _, w := range want {
		if count[w] != 1 {
			p.t.Errorf("%s was found %d times by %s", w, count[w], re)
		}
		delete(count, w)
	}
	if len(count) > 0 {
		p.t.Errorf("nobody asked for %v", count)
	}
}

// open says what is in another state than these.
func open(h *hubtest.Hub, kind string, closed ...string) string {
	var counts struct {
		Items []struct {
			Kind, State string
			Count       int64
		}
	}
	h.Get("/v1/exchanges/counts", &counts)
	var left []string
	for _, n := range counts.Items {
		if n.Kind == kind && !strings.Contains("|"+strings.Join(closed, "|")+"|", "|"+n.State+"|") {
			left = append(left, fmt.Sprintf("%d of kind %s are %s; ", n.Count, kind, n.State))
		}
	}
	return strings.Join(left, "")
}
