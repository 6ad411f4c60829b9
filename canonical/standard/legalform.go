package standard

import (
	"slices"
	"strings"
	"sync"
)

// legalForms are the abbreviations and words by which registers mark companies, folded, with
// dots and ampersands left out. Source: ISO 20275 (Entity Legal Forms code list) and common use.
// Forms of several words stand with underscores.
var legalForms = wordSet(`gmbh mbh ag kg kgaa ohg gbr ug ug_haftungsbeschrankt ev eg ek ekfm gmbh_co_kg ag_co_kg gmbh_co_ohg co_kg se sce
	ltd limited llc lc llp lp plc inc incorporated corp corporation co company co_ltd co_limited company_limited co_inc pllc
	pte pte_ltd pty pty_ltd pvt pvt_ltd private_limited bhd sdn_bhd
	sa sas sasu sarl eurl snc sci scop sca cie srl sprl bvba srls spa sapa scarl ss sl slu sau sll scoop sa_de_cv s_de_rl_de_cv sapi_de_cv
	lda ltda sgps eireli me epp bv nv vof cv asbl vzw ab hb aps as asa ks oy oyj ky ehf hf
	sp_zoo sp_z_oo sp_z_o_o sp_k sp_j spolka_z_oo sro s_r_o spol_s_ro vos kft zrt nyrt rt bt doo dd dooel ad ead eood ood oou ou uab sia
	ooo zao pao oao ao ип ооо зао пао оао ао тов ae epe ike oe as_ticaret anonim_sirketi limited_sirketi ltd_sti as_inc kk gk yk
	kabushiki_kaisha godo_kaisha ao_llc tbk pt_tbk jsc pjsc ojsc cjsc fze fzco wll saog bsc est`)

// hanLegalForms are split off the end, most also off the start; the longest stand first.
var hanLegalForms = sync.OnceValue(func() []string {
	forms := []string{
		"合伙企业(有限合伙)", "股份有限公司", "有限责任公司", "集团有限公司", "个体工商户", "有限公司", "股份公司", "集团公司",
		"合伙企业", "分公司", "公司", "集团", "株式会社", "合同会社", "有限会社", "合资会社", "(株)", "(有)",
		"주식회사", "유한회사", "(주)", "(유)",
	}
	for i, form := range forms {
		forms[i] = Fold(form)
	}
	return forms
})

// shortForms are those of fewer than four letters that are no surname anywhere.
var shortForms = wordSet("ltd llc llp plc inc kft zrt bhd sro doo pty pte pvt ooo gbr ohg")

// mayBeSurname tells whether a form could end a person's name too, as Maria Sá's or Kari As's.
// With dots, or in capitals where the rest is not, it is a form.
func mayBeSurname(form, written string) bool {
	if len(form) > 3 || shortForms[form] {
		return false
	}
	words := strings.Fields(written)
	if last := words[len(words)-1]; strings.Count(last, ".") > 1 {
		return false
	}
	capitals := strings.ToUpper(form)
	return !strings.HasSuffix(written, capitals) || written == strings.ToUpper(written)
}

const longestForm = 5 // words

// withoutLegalForm splits the legal forms off an organisation's name, folded with its dots:
// "s.p.a." is one form and three words.
func withoutLegalForm(full string) (name []string, form string) {
	for before := ""; full != before; {
		before = full
		var split string
		if full, split = withoutHanForm(full); split == "" {
			name, split = withoutSuffix(tokens(joinInitials(full)))
			full = strings.Join(name, " ")
		}
		form = split + form
	}
	return name, form
}

func withoutSuffix(words []string) (bare []string, form string) {
	for n := min(longestForm, len(words)-1); n > 0; n-- {
		start := len(words) - n
		if !legalForms[strings.Join(words[start:], "_")] {
			continue
		}
		form = strings.Join(words[start:], "")
		for start > 1 && slices.Contains(connectors, words[start-1]) {
			start--
		}
		return words[:start], form
	}
	return words, ""
}

var connectors = []string{"and", "und", "et", "y", "i", "co"}

func withoutHanForm(full string) (bare, form string) {
	if !strings.ContainsFunc(full, func(r rune) bool { return r >= firstHan }) {
		return full, ""
	}
	full = strings.TrimSpace(full)
	for _, form := range hanLegalForms() {
		if bare, ok := strings.CutSuffix(full, form); ok {
			if !strings.ContainsFunc(bare, isWord) {
				return full, "" // the form is the name
			}
			return bare, form
		}
		if bare, ok := strings.CutPrefix(full, form); ok && form != "公司" && form != "集团" && strings.ContainsFunc(bare, isWord) {
			return bare, form
		}
	}
	return full, ""
}

// joinInitials takes the dots out of "s.a.", "s. p. a.", "g.m.b.h." and the slash out of "a/s":
// single letters with dots between become one word.
func joinInitials(full string) string {
	if !strings.ContainsAny(full, "./") {
		return full
	}
	var b strings.Builder
	words := strings.Fields(full)
	for i, word := range words {
		bare := strings.NewReplacer(".", "", "/", "").Replace(word)
		initials := len(bare) > 0 && len(bare) < len(word) && legalForms[bare]
		if !initials {
			bare = word
		}
		if i > 0 && !(isInitial(word) && isInitial(words[i-1])) {
			b.WriteByte(' ')
		}
		if isInitial(word) {
			bare = word[:1]
		}
		b.WriteString(bare)
	}
	return b.String()
}

func isInitial(word string) bool { return len(word) == 2 && word[1] == '.' && isWord(rune(word[0])) }
