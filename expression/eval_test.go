package expression_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
)

// record is what the expressions below read.
const record = `{
	"id": 207119551, "name": "Anna SCHMIDT", "zh": "王小明", "wide": "ＡＢ　１２", "blank": "", "none": null, "yes": true,
	"price": 19.90, "qty": "3", "big": 12345678901234567890.123456789, "exp": 1.5e3, "csv": "1.234,50",
	"time": "2026-01-31T12:00:00+02:00", "day": "31.01.2026", "stamp": 1769860800,
	"tags": ["a", "b", "a", null, "ü"], "empty": [],
	"address": {"city": "Köln", "zip": "50667", "geo": {"lat": 50.9}},
	"lines": [{"sku": "X1", "qty": 2, "price": "1.10"}, {"sku": "X2", "qty": 1, "price": "0.05"}, {"sku": "X3", "qty": null}]
}`

// eval compiles an expression over a record of which nothing is known, decodes what it asks for,
// and gives the value as JSON, "absent", or the error.
func eval(t testing.TB, text string) string {
	t.Helper()
	env := expression.NewEnv(expression.Options{
		Region:  "DE",
		Lookups: map[string]*expression.Lookup{"country": expression.NewLookup("country", map[string]string{"Germany": "DE", "France": "FR"})},
	})
	shape := &formats.Shape{}
	scope := env.Scope()
	root := scope.Define("record", expression.Record(shape)).Path("")
	scope.Open(root)
	var ps config.Problems
	at := config.Parse("x.yaml", []byte("x: |-\n  "+strings.ReplaceAll(text, "\n", "\n  ")), nil, &ps).Get("x")
	p := scope.Compile(at, &ps)
	if p == nil {
		list := ps.Sorted()
		if len(list) == 0 && !ps.HasErrors() {
			t.Fatalf("%s: no program and no problem", text)
		}
		return "problem: " + list[0].What
	}
	p.Whole()
	var doc formats.Doc
	if err := json.JSON.Open(nil, &ps).Decode(&doc, formats.Frame{Bytes: []byte(record)}, shape); err != nil {
		t.Fatal(err)
	}
	var m expression.Machine
	m.Begin(env)
	m.Set(root, &doc.Root)
	n, err := p.Eval(&m)
	if err != nil {
		return "error: " + err.Error()
	}
	if n.Kind == formats.Absent {
		return "absent"
	}
	out, err := (&json.Format{}).Encode(nil, n)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return string(out)
}

var values = []struct{ text, want string }{
	// paths
	{`id`, `207119551`},
	{`record.id`, `207119551`},
	{`record["id"]`, `207119551`},
	{`address.city`, `"Köln"`},
	{`address?.city`, `"Köln"`},
	{`address.geo.lat`, `50.9`},
	{`address`, `{"city":"Köln","zip":"50667","geo":{"lat":50.9}}`},
	{`lines[0].sku`, `"X1"`},
	{`lines[-1].sku`, `"X3"`},
	{`lines[7].sku`, `absent`},
	{`tags[0]`, `"a"`},
	{`nothing`, `absent`},
	{`nothing.at.all`, `absent`},
	{`none`, `null`},
	{`none.x`, `absent`},
	{`name.x`, `error: found text "Anna SCHMIDT" where "x" is read; expected an object`},
	{`lines.sku`, `error: found a list where "sku" is read; expected an object (an element is taken with [0])`},
	{`address[lower("CITY")]`, `"Köln"`},
	{`tags[1 + 0]`, `"b"`},
	{`address[0].city`, `error: found an object; expected a list`},

	// literals
	{`"a"`, `"a"`},
	{`'it''s'`, `problem: unexpected "s"`},
	{`1.50`, `1.50`},
	{`nil`, `null`},
	{`[1, "a", nil, nothing]`, `[1,"a"]`},
	{`{a: 1, "b c": name}`, `{"a":1,"b c":"Anna SCHMIDT"}`},

	// numbers are exact
	{`0.1 + 0.2`, `0.3`},
	{`price * 3`, `59.70`},
	{`price * number(qty)`, `59.70`},
	{`price * qty`, `59.70`},
	{`big + 1`, `12345678901234567891.123456789`},
	{`exp + 1`, `1501`},
	{`10 / 4`, `2.5`},
	{`1 / 3`, `0.3333333333333333`},
	{`7 % 3`, `1`},
	{`2 ** 10`, `1024`},
	{`2 ** 1000`, `problem: found exponent 1000; expected a whole number from 0 to 100`},
	{`big ** 99`, `error: the result has more than 400 digits`},
	{`-price`, `-19.90`},
	{`1 / 0`, `problem: division by zero`},
	{`price / (price - price)`, `error: division by zero`},
	{`price > 19.9`, `false`},
	{`price == 19.900`, `true`},
	{`price >= 10 and price < 20`, `true`},
	{`name * 2`, `error: found "Anna SCHMIDT"; expected a number such as 12.50`},
	{`number(csv, ",")`, `1234.50`},
	{`number(csv)`, `error: found text "1.234,50"; expected a number such as 12.50 (number(x, ",") reads 1.234,50)`},
	{`number("1e999999999")`, `problem: found text "1e999999999"; expected a number such as 12.50 (number(x, ",") reads 1.234,50)`},
	{`number(blank)`, `absent`},
	{`number("007")`, `7`},
	{`number("-00.50")`, `-0.50`},
	{`number("+5")`, `5`},
	{`number(".5")`, `0.5`},
	{`min("1e2", "0200")`, `100`},
	{`decimal(price)`, `"19.90"`},
	{`decimal(price * 1.19, 2)`, `"23.68"`},
	{`decimal(2.345, 2)`, `"2.35"`},
	{`decimal(exp)`, `"1500"`},
	{`round(2.345, 2)`, `2.35`},
	{`round(-2.5)`, `-3`},
	{`abs(-2.50)`, `2.50`},
	{`floor(2.9)`, `2`},
	{`ceil(2.1)`, `3`},
	{`min(3, price, nothing, 1.5)`, `1.5`},
	{`max(3, qty)`, `3`},
	{`money(price, "EUR")`, `{"amount":"19.90","currency":"EUR"}`},
	{`money(nothing, "EUR")`, `absent`},
	{`money(blank, "EUR")`, `absent`},
	{`money("12.50")`, `{"amount":"12.50"}`},

	// what is absent or null
	{`nothing + "x"`, `absent`},
	{`lower(nothing)`, `absent`},
	{`lower(none)`, `null`},
	{`nothing == nil`, `true`},
	{`none == nil`, `true`},
	{`blank == nil`, `false`},
	{`nothing == "x"`, `false`},
	{`nothing != "x"`, `true`},
	{`nothing > 1`, `false`},
	{`nothing and yes`, `false`},
	{`not nothing`, `true`},
	{`nothing ?? none ?? name`, `"Anna SCHMIDT"`},
	{`blank ?? name`, `""`},
	{`first(nothing, none, blank, empty, name)`, `"Anna SCHMIDT"`},
	{`first(nothing, blank)`, `absent`},
	{`coalesce(nothing, blank)`, `""`},
	{`default(blank, "x")`, `"x"`},
	{`required(name)`, `"Anna SCHMIDT"`},
	{`required(blank)`, `error: found text ""; the value is required`},
	{`required(address.street)`, `error: found nothing; the value is required`},
	{`has(none)`, `false`},
	{`has(address.city)`, `true`},
	{`empty(blank)`, `true`},
	{`empty(tags)`, `false`},
	{`when(yes, "a", "b")`, `"a"`},
	{`when(nothing, "a")`, `absent`},
	{`yes ? "a" : nil`, `"a"`},
	{`if yes { "a" } else { "b" }`, `"a"`},
	{`name ? 1 : 2`, `error: found text "Anna SCHMIDT" as a condition; expected true or false (bool(x) reads yes, no, 1, 0)`},
	{`let n = lower(name); n + n`, `"anna schmidtanna schmidt"`},
	{`let a = address; a.city + a.zip`, `"Köln50667"`},

	// text
	{`string(id)`, `"207119551"`},
	{`string(price)`, `"19.90"`},
	{`lower(name)`, `"anna schmidt"`},
	{`upper(address.city)`, `"KÖLN"`},
	{`title("ANNA von SCHMIDT")`, `"Anna Von Schmidt"`},
	{`trim("  a ")`, `"a"`},
	{`trim("--a-", "-")`, `"a"`},
	{`squeeze("  a   b ")`, `"a b"`},
	{`narrow(wide)`, `"AB 12"`},
	{`zh[0:1]`, `"王"`},
	{`zh[1:]`, `"小明"`},
	{`zh[-1:]`, `"明"`},
	{`len(zh)`, `3`},
	{`name | lower() | split(" ")`, `["anna","schmidt"]`},
	{`concat(name, nothing, " ", id)`, `"Anna SCHMIDT 207119551"`},
	{`concat(nothing, none)`, `absent`},
	{`concat(["a"], tags[0:1])`, `["a","a"]`},
	{`concat(["a"], "b")`, `problem: concat joins lists with other values`},
	{`concat(["a"], name)`, `error: concat: found text "Anna SCHMIDT"; expected a list`},
	{`concat(["a"], unique(tags))`, `["a","a","b",null,"ü"]`},
	{`join([address.zip, nothing, blank, address.city], " ")`, `"50667 Köln"`},
	{`join([nothing], " ")`, `absent`},
	{`split("a,b,,c", ",")`, `["a","b","","c"]`},
	{`replace("a-b-c", "-", "")`, `"abc"`},
	{`extract("order #1001", "#([0-9]+)")`, `"1001"`},
	{`extract("order", "#([0-9]+)")`, `absent`},
	{`extract("a1b2", "[0-9]", 0)`, `"1"`},
	{`substitute("+49 (221) 12", "[^0-9+]", "")`, `"+4922112"`},
	{`padStart("42", 5, "0")`, `"00042"`},
	{`name contains "SCH"`, `true`},
	{`name startsWith "Anna"`, `true`},
	{`not (name endsWith "x")`, `true`},
	{`name not endsWith "x"`, `true`},
	{`name matches "^[A-Z][a-z]+ "`, `true`},
	{`"a" < "b"`, `true`},
	{`name + id`, `error: found text "Anna SCHMIDT" and number 207119551 on the sides of +; expected two texts or two numbers (string(x), number(x))`},
	{`lower(id)`, `error: argument 1 of lower: found number 207119551; expected text (string(x) makes one)`},
	{`hash("a", nothing)`, `"90f1254ff827d6590e7801f3633736f7ae68c37fd9392ced9c449bc6825320b8"`},
	{`hash("ab", "c") == hash("a", "bc")`, `false`},
	{`bool("Yes")`, `true`},
	{`bool(0)`, `false`},
	{`bool("maybe")`, `problem: found text "maybe"; expected true, yes, y, t, on, 1, false, no, n, f, off or 0`},

	{`upper("abc")`, `"ABC"`},
	{`lower("ÄÖ")`, `"äö"`},
	{`string("a")`, `"a"`},
	{`replace("abc", "", "x")`, `"abc"`},
	{`replace("abc", "c", "xyz")`, `"abxyz"`},
	{`padStart("42", 5000)`, `problem: found number 5000; expected a length of at most 1000`},
	{`padStart("42", 1)`, `"42"`},
	{`extract(id, "x")`, `error: argument 1 of extract: found number 207119551; expected text`},
	{`decimal("1.5", 99)`, `problem: found number 99; expected 0 to 30 decimal places`},
	{`decimal("1.5", 0.5)`, `problem: found number 0.5; expected a whole number`},
	{`decimal("")`, `absent`},
	{`number("1,5", ";")`, `problem: found text ";" as decimal sign; expected "," or "."`},
	{`min("2.5")`, `2.5`},
	{`id matches "x"`, `error: found number 207119551 before matches; expected a text`},
	{`id contains "x"`, `error: found number 207119551 and text "x" on the sides of contains; expected two texts`},
	{`yes < 1`, `error: found true; expected a number`},
	{`yes < none`, `false`},
	{`yes < yes`, `error: found true and true; expected two numbers or two texts`},
	{`"a" in name`, `error: found text "Anna SCHMIDT" after in; expected a list`},
	{`id[0:1]`, `error: found number 207119551 before a range in brackets; expected a text or a list`},
	{`tags[1:9]`, `["b","a",null,"ü"]`},
	{`tags[3:1]`, `[]`},
	{`tags[yes]`, `error: found true in brackets; expected a whole number or a text`},
	{`tags[nothing]`, `absent`},
	{`lines == lines`, `true`},
	{`lines == tags`, `false`},
	{`[[1, {a: 1}]] == [[1.0, {a: 1}]]`, `true`},
	{`join([[1]], "")`, `problem: element 0 of join: found a list of 1; expected text or a number`},
	{`len(yes)`, `error: argument 1 of len: found true; expected a text, a list or an object`},
	{`count(tags, # == "a")`, `2`},

	// what cannot be compiled
	{`frst(id)`, `problem: unknown function frst`},
	{`lower()`, `problem: lower has 0 arguments`},
	{`lower(1)`, `problem: argument 1 of lower is a number`},
	{`string([1])`, `problem: argument 1 of string is a list`},
	{`lower("a") and yes`, `problem: and is applied to text`},
	{`not "a"`, `problem: not is applied to text`},
	{`-lower("a")`, `problem: - is applied to text`},
	{`[1] + [2]`, `problem: + joins a list and a list`},
	{`[1] < 2`, `problem: < compares a list with a number`},
	{`1 contains 2`, `problem: contains is applied to a number and a number`},
	{`1 in 2`, `problem: in searches in a number`},
	{`1 ? 2 : 3`, `problem: the condition before ? is a number`},
	{`when(1, 2)`, `problem: the condition of when is a number`},
	{`{a: 1}[0:1]`, `problem: a range is taken of an object`},
	{`[1]["a"]`, `problem: "a" cannot be read from a list`},
	{`{a: 1}.b`, `problem: unknown field "b"`},
	{`{a: 1}[0]`, `problem: [0] cannot be taken of an object`},
	{`{(name): 1}`, `problem: an object's member is named by an expression`},
	{`map(lines, #acc)`, `problem: unknown name #acc`},
	{`map("a", #)`, `problem: argument 1 of map is text`},
	{`filter(lines, "a")`, `problem: the condition of filter is text`},
	{`sum(lines, [.qty])`, `problem: sum adds a list`},
	{`sum("a")`, `problem: argument 1 of sum is text`},
	{`count("a")`, `problem: argument 1 of count is text`},
	{`reduce(lines, #acc + .qty)`, `problem: unknown function reduce`},
	{`1 .. 3`, `problem: operator .. cannot be used here`},
	{`b"a"`, `problem: a byte string cannot be used here`},
	{`lookup("nope", name)`, `problem: unknown lookup table "nope"`},
	{`extract(name, "(a)", 2)`, `problem: the pattern has no such group`},
	{`golden(name)`, `problem: golden(…) cannot be used here: it is for outbound mappings`},

	// lists
	{`"a" in tags`, `true`},
	{`"z" not in tags`, `true`},
	{`"city" in address`, `true`},
	{`1.0 in [1, 2]`, `true`},
	{`len(tags)`, `5`},
	{`count(tags)`, `5`},
	{`count(lines, .qty != nil)`, `2`},
	{`map(lines, .sku)`, `["X1","X2","X3"]`},
	{`map(lines, #index)`, `[0,1,2]`},
	{`map(lines, ({code: .sku, n: .qty}))`, `[{"code":"X1","n":2},{"code":"X2","n":1},{"code":"X3","n":null}]`},
	{`filter(lines, .qty > 1)[0].sku`, `"X1"`},
	{`filter(lines, .qty > 1)`, `[{"sku":"X1","qty":2,"price":"1.10"}]`},
	{`find(lines, .sku == "X2").price`, `"0.05"`},
	{`find(lines, .sku == "X9").price`, `absent`},
	{`any(lines, .sku startsWith "X")`, `true`},
	{`all(lines, .qty > 0)`, `false`},
	{`none(lines, .sku == nil)`, `true`},
	{`one(lines, .sku == "X1")`, `true`},
	{`sum(lines, .qty * .price)`, `2.25`},
	{`sum(map(lines, .qty))`, `3`},
	{`sum(nothing)`, `absent`},
	{`sortBy(lines, -.qty) | map(.sku)`, `["X1","X2","X3"]`},
	{`map(sortBy(lines, .price), .sku)`, `["X2","X1","X3"]`},
	{`unique(tags)`, `["a","b",null,"ü"]`},
	{`reverse(["a", "b"])`, `["b","a"]`},
	{`last(tags)`, `"ü"`},
	{`map(filter(lines, .qty != nil), filter(tags, # == "a"))`, `[["a","a"],["a","a"]]`},
	{`map(nothing, .x)`, `absent`},
	{`map(name, .x)`, `error: map: found text "Anna SCHMIDT"; expected a list`},
	{`address == {city: "Köln", zip: "50667", geo: {lat: 50.90}}`, `true`},

	// time
	{`date(time)`, `"2026-01-31"`},
	{`date(day, "DD.MM.YYYY")`, `"2026-01-31"`},
	{`date("20260131", "YYYYMMDD")`, `"2026-01-31"`},
	{`date("31.02.2026", "DD.MM.YYYY")`, `problem: found text "31.02.2026"; expected a time written as DD.MM.YYYY`},
	{`date(blank)`, `absent`},
	{`datetime(time)`, `"2026-01-31T10:00:00Z"`},
	{`datetime("2026-07-01 12:00:00", "YYYY-MM-DD hh:mm:ss", "Europe/Berlin")`, `"2026-07-01T10:00:00Z"`},
	{`datetime("7/4/26 3:05 PM", "M/D/YY h:mm A", "America/New_York")`, `"2026-07-04T19:05:00Z"`},
	{`datetime(stamp, "unix")`, `"2026-01-31T12:00:00Z"`},
	{`datetime("1769860800123", "unixms")`, `"2026-01-31T12:00:00.123Z"`},
	{`formatTime(time, "YYYYMMDDhhmmss", "Asia/Shanghai")`, `"20260131180000"`},
	{`formatTime(time, "unix")`, `"1769853600"`},

	{`date("nonsense")`, `problem: found text "nonsense"; expected a date or time by RFC 3339 (a second argument names another layout)`},
	{`date("2026-01-31")`, `"2026-01-31"`},
	{`date(yes)`, `error: argument 1 of date: found true; expected text`},
	{`datetime(big, "unix")`, `error: found number 12345678901234567890.123456789; expected seconds since 1970`},

	// customers
	{`phone("0221 1234567")`, `"+492211234567"`},
	{`phone("(212) 736-5000", "US")`, `"+12127365000"`},
	{`phone("+49 221 1234567")`, `"+492211234567"`},
	{`phone("ask Anna")`, `"ask Anna"`},
	{`email(" Anna.Schmidt@EXAMPLE.com ")`, `"Anna.Schmidt@example.com"`},
	{`email("n/a")`, `absent`},
	{`name("Schmidt, Dr. Anna Maria")`, `{"full":"Schmidt, Dr. Anna Maria","honorific":"Dr.","given":"Anna Maria","family":"Schmidt"}`},
	{`name("Ludwig van Beethoven").family`, `"van Beethoven"`},
	{`name(zh)`, `{"full":"王小明","given":"小明","family":"王"}`},
	{`name("欧阳娜娜").family`, `"欧阳"`},
	{`name("Madonna")`, `{"full":"Madonna"}`},
	{`phone("(212) 736-5000", first(address.land, "US"))`, `"+12127365000"`},
	{`phone("0221 1234567", address.land)`, `"+492211234567"`},
	{`phone(id)`, `error: argument 1 of phone: found number 207119551; expected text`},
	{`name("Frau Müller")`, `{"full":"Frau Müller","honorific":"Frau"}`},
	{`name("Dr.")`, `{"full":"Dr."}`},
	{`name("de la Cruz, Juan").family`, `"de la Cruz"`},
	{`name("王")`, `{"full":"王"}`},
	{`name(" ")`, `absent`},
	{`lookup("country", "Germany")`, `"DE"`},
	{`lookup("country", "Frnace")`, `problem: found text "Frnace"; expected a code of lookup table country; did you mean "France"?`},
	{`lookup("country", name, "??")`, `"??"`},
	{`lookup("country", nothing)`, `absent`},
}

func TestEval(t *testing.T) {
	t.Parallel()
	for _, test := range values {
		if found := eval(t, test.text); found != test.want {
			t.Errorf("%s\nfound    %s\nexpected %s", test.text, found, test.want)
		}
	}
}

func TestEval_staysWithinItsBudget(t *testing.T) {
	t.Parallel()
	env := expression.NewEnv(expression.Options{Budget: expression.Budget{Steps: 1000, Bytes: 10_000}})
	scope := env.Scope()
	list := scope.Define("list", expression.AnyType)
	var ps config.Problems
	compile := func(text string) *expression.Program {
		return scope.Compile(config.Parse("x.yaml", []byte("x: '"+text+"'"), nil, &ps).Get("x"), &ps)
	}
	steps := compile(`count(list, count(list, count(list, # == "x") > 0) > 0)`)
	bytes := compile(`join(map(list, join(list, "-")), "-")`)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	var m expression.Machine
	for _, p := range []*expression.Program{steps, bytes} {
		m.Begin(env)
		m.Set(list, m.Texts(strings.Split(strings.Repeat("abcdefgh ", 20), " ")))
		_, err := p.Eval(&m)
		var budget *expression.BudgetError
		if !errors.As(err, &budget) {
			t.Errorf("%s: found %v; expected a BudgetError", p.Text, err)
		}
	}
}
