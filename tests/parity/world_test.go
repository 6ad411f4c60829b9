package parity

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// world is what happens in the three systems, the same in every run: customers come, in one to
// three systems, change, and some of them go.
type world struct {
	erp      [][]byte // CSV files
	crm      [][]byte // NDJSON files
	webhooks []webhook
	clusters [][]string // keys of the source records of each customer in the end, sorted

	records map[string]int64 // source records by "system/stream", deleted ones included
	deleted map[string]int64
	orders  int64
}

// webhook is one delivery of the shop.
type webhook struct {
	stream string // customers or orders
	topic  string
	id     string
	body   []byte
}

// human is one customer, as reality has it.
type human struct {
	n             int
	given, family string
	vat           string
	born, mail    string
	phone         string
	street, city  string
	zip           string
	inERP, inShop bool
	inCRM         bool
	leaves        map[string]bool // systems that delete the record in the end
}

const people = 330

var (
	givens   = []string{"Anna", "Bruno", "Carla", "David", "Elif", "Frieda", "Gustav", "Hanna", "Igor", "Jürgen", "Karin", "Lena"}
	families = []string{"Schmidt", "Müller", "Yılmaz", "Nowak", "Weber", "Ögren", "Krüger", "O'Brien", "Fuchs", "Groß", "Lehmann"}
	chinese  = [][2]string{{"小明", "王"}, {"丽", "李"}, {"伟", "张"}, {"芳", "刘"}, {"静", "陈"}}
	cities   = [][2]string{{"Berlin", "10115"}, {"Köln", "50667"}, {"Hamburg", "20457"}, {"Leipzig", "04109"}}
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{records: map[string]int64{}, deleted: map[string]int64{}}
	random := rand.New(rand.NewPCG(20260115, 7))
	var humans []human
	for n := range people {
		humans = append(humans, born(random, n))
	}
	for day := range 3 {
		w.erp = append(w.erp, erpFile(t, random, humans, day))
		w.crm = append(w.crm, crmFile(t, random, humans, day))
		w.webhooks = append(w.webhooks, shopDay(t, random, humans, day)...)
	}
	w.orders = ordersOf(w.webhooks)
	for _, h := range humans {
		if keys := h.keys(w); len(keys) > 0 {
			w.clusters = append(w.clusters, keys)
		}
	}
	slices.SortFunc(w.clusters, slices.Compare)
	return w
}

// born makes a customer. Every third lives with the one before and shares the phone, not the name.
func born(random *rand.Rand, n int) human {
	city := cities[n%len(cities)]
	h := human{
		n: n, given: givens[n%len(givens)], family: families[n%len(families)],
		born: fmt.Sprintf("19%02d-%02d-%02d", 50+n%50, 1+n%12, 1+n%28), mail: fmt.Sprintf("p%03d@post.example", n),
		phone:  fmt.Sprintf("+493090%05d", n-n%3),
		street: fmt.Sprintf("Ring %d", n), city: city[0], zip: city[1], leaves: map[string]bool{},
	}
	switch {
	case n%20 == 0: // a firm: the ERP alone has these
		h.vat, h.family, h.given, h.born = vat(n), fmt.Sprintf("Firma %d GmbH", n), "", ""
		h.inERP = true
		return h
	case n%7 == 0:
		name := chinese[n/7%len(chinese)]
		h.given, h.family = name[0], name[1]
	}
	where := 1 + random.IntN(7)
	h.inERP, h.inShop, h.inCRM = where&1 > 0, where&2 > 0, where&4 > 0
	for _, system := range []string{"erp", "shop", "crm"} {
		h.leaves[system] = random.IntN(9) == 0
	}
	return h
}

// vat makes a German VAT number with a right check digit (ISO 7064, MOD 11,10).
func vat(n int) string {
	digits := fmt.Sprintf("%08d", 13600000+n)
	product := 10
	for _, d := range digits {
		sum := (int(d-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = 2 * sum % 11
	}
	return fmt.Sprintf("DE%s%d", digits, (11-product)%10)
}

// keys are the records that are left of the customer in the end; it counts all that there were.
func (h human) keys(w *world) (left []string) {
	for _, r := range []struct {
		in          bool
		system, key string
	}{
		{h.inERP, "erp", fmt.Sprintf("erp/customers/E%03d", h.n)},
		{h.inShop, "shop", fmt.Sprintf("shop/customers/%d", 7000+h.n)},
		{h.inCRM, "crm", fmt.Sprintf("crm/contacts/C%03d", h.n)},
	} {
		stream := r.key[:strings.LastIndexByte(r.key, '/')]
		switch {
		case !r.in:
			continue
		case h.leaves[r.system]:
			w.deleted[stream]++
		default:
			left = append(left, r.key)
		}
		w.records[stream]++
	}
	slices.Sort(left)
	return left
}

// at is a time on a day, later the later the record is in it.
func at(day, n int) string {
	return time.Date(2026, 1, 10+day, 8, 0, n, 0, time.UTC).Format(time.RFC3339)
}

// changes says whether a record has news on a day: all on the first, a third on the second, and on
// the last those that leave.
func changes(random *rand.Rand, day int, leaves bool) (changed, gone bool) {
	news := random.IntN(3) == 0
	switch day {
	case 0:
		return true, false
	case 1:
		return news, false
	}
	return leaves, leaves
}

func erpFile(t *testing.T, random *rand.Rand, humans []human, day int) []byte {
	t.Helper()
	var file bytes.Buffer
	out := csv.NewWriter(&file)
	out.Comma = ';'
	rows := [][]string{{"no", "rev", "status", "changed", "given", "family", "born", "vat", "mail", "phone", "street", "zip", "city"}}
	for _, h := range humans {
		changed, gone := changes(random, day, h.leaves["erp"])
		if !h.inERP || !changed {
			continue
		}
		no, rev := fmt.Sprintf("E%03d", h.n), fmt.Sprint(day+1)
		if gone {
			rows = append(rows, []string{no, rev, "D", at(day, h.n), "", "", "", "", "", "", "", "", ""})
			continue
		}
		rows = append(rows, []string{
			no, rev, "A", at(day, h.n), strings.ToUpper(h.given), h.family, h.born, h.vat, h.mail,
			strings.Replace(h.phone, "+49", "0", 1), fmt.Sprintf("%s, Tür %d", h.street, day), h.zip, h.city,
		})
	}
	if err := out.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func crmFile(t *testing.T, random *rand.Rand, humans []human, day int) []byte {
	t.Helper()
	var file bytes.Buffer
	out := json.NewEncoder(&file)
	for _, h := range humans {
		changed, gone := changes(random, day, h.leaves["crm"])
		if !h.inCRM || !changed {
			continue
		}
		record := map[string]any{"ref": fmt.Sprintf("C%03d", h.n), "at": at(day, h.n)}
		if gone {
			record["gone"] = true
		} else {
			record["name"], record["lang"], record["born"] = h.family+", "+h.given, "de", h.born
			record["mails"] = []string{strings.ToUpper(h.mail[:1]) + h.mail[1:]}
			record["phones"] = []string{h.phone, fmt.Sprintf("+49170%07d", 10*h.n+day)}
		}
		if err := out.Encode(record); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

// shopDay is what the shop tells on a day: customers, and an order of every second one.
func shopDay(t *testing.T, random *rand.Rand, humans []human, day int) (all []webhook) {
	t.Helper()
	add := func(stream, topic string, id int, record map[string]any) {
		body, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, webhook{stream, topic, fmt.Sprintf("%s-%d-%d", stream, day, id), body})
	}
	for _, h := range humans {
		id := 7000 + h.n
		changed, gone := changes(random, day, h.leaves["shop"])
		if !h.inShop || !changed {
			continue
		}
		if gone {
			add("customers", "customers/delete", id, map[string]any{"id": id, "updated_at": at(day, h.n)})
			continue
		}
		add("customers", "customers/update", id, map[string]any{
			"id": id, "updated_at": at(day, h.n), "first_name": h.given, "last_name": h.family, "email": h.mail, "phone": h.phone,
			"addresses": []any{map[string]any{"address1": fmt.Sprintf("Paketfach %d", h.n+day), "city": h.city, "zip": h.zip, "country_code": "DE"}},
		})
		if h.n%2 == 0 {
			add("orders", "orders/update", id, map[string]any{
				"id": 10 * id, "status": []string{"open", "paid", "sent"}[day], "customer": id,
				"created_at": "2026-01-09", "updated_at": at(day, h.n),
				"lines": []any{map[string]any{"sku": "LX-100", "quantity": 1 + h.n%5, "price": json.Number("19.90")}},
			})
		}
	}
	return all
}

func ordersOf(all []webhook) int64 {
	orders := map[string]bool{}
	for _, w := range all {
		if w.stream == "orders" {
			orders[w.id[strings.LastIndexByte(w.id, '-'):]] = true
		}
	}
	return int64(len(slices.Collect(maps.Keys(orders))))
}
