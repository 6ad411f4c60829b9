package population

import (
	"slices"
	"strings"
)

// frequentSurnames stand in the order of the British census, with names of those who came later.
var frequentSurnames = strings.Fields(`Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson
	Evans Walker White Roberts Green Hall Wood Jackson Clarke Khan Clark Thomas Harrison Ahmed Cooper Hill Ward Hughes Moore
	Martin Turner Lewis King Harris Baker Morris Allen Lee Singh Scott Watson Hussain Parker Ali Bennett Young Edwards Phillips
	Mitchell Carter Cook Davis Richardson Bailey Begum James Shaw Cox Miller Bell Collins Campbell Morgan Kelly Adams Anderson
	Stevens Murphy Gray Kaur Simpson Marshall Price Webb Wilkinson Palmer Chapman Mason Murray Rogers Hunt Mills Knight Stewart
	Lloyd Ellis Matthews Dixon Russell Barnes Owen Butler Foster Fisher Powell Graham Reid Pearson Barker Harvey Robertson
	Gibson Fletcher Howard Andrews Elliott Ford Reynolds Fox Hart Ross Hamilton Lawrence Dean Walsh Gordon Hawkins Kennedy
	Cole Macdonald Brooks Burton Payne Armstrong Saunders Spencer Ryan Francis West Day Perry Gardner Lane Cunningham Watts
	Hayes Bird Johnston Chambers Stone Bradley Woods Warren Webster May Riley Burns Wallace Carr Crawford Sharma Gill Arnold
	Kerr Lawson Jenkins Nicholson Harper Doyle Austin Greenwood Lynch Byrne Sutton Carroll Read Gallagher Duncan Cross Hudson
	Jordan Holmes Rose Ferguson Watkins Hopkins Grant Berry Matthew Bates Parsons Wells Boyd Newman Weston Elliot Nelson Dawson
	Barrett Poole Hicks Stephens Dunn Peters Freeman Nash Stephenson Hewitt Little Gregory Sullivan Coleman Bishop Goodwin
	Page Cameron Griffiths Lamb Mcdonald Potter Ball Higgins Oliver Fuller Bond Bull Field Walters Lowe Barton Hancock Henderson
	Thomson Pritchard Rowe Hobbs Frost Cooke Atkinson Nicholls Rees Fraser Bruce Franklin Griffin Osborne Marsh Hutchinson
	Miah Rahman Islam Akhtar Shah Malik Mahmood Iqbal Mohamed Hassan Begley Osman Uddin Chowdhury Hossain Choudhury Raja Sandhu
	Dhillon Gupta Mistry Desai Shaikh Joshi Mehta Nair Reddy Das Chen Wong Li Nguyen Okafor Adeyemi Mensah Owusu Boateng Asante
	Nowak Kowalski Wisniewski Kaminski Novak Horvat Popescu Ionescu Ivanov Petrov Rossi Russo Ferrari Silva Santos Costa Garcia
	Fernandez Lopez Müller Schmidt Schneider Dubois Laurent Lefèvre Jensen Hansen Nilsson Yilmaz Demir Papadopoulos Georgiou
	O'Brien O'Neill O'Connor O'Sullivan O'Reilly O'Donnell McCarthy McLean McKenzie MacLeod McGregor McIntyre McMillan McKay
	McLaughlin McGrath McCormack McKenna McGuire Fitzgerald Fitzpatrick Brennan Nolan Flynn Quinn Duffy Keane Hogan Boyle
	Sinclair Drummond Menzies Buchanan Urquhart Galbraith Farquharson Llewellyn Pugh Bowen Probert Gwynne Vaughan Beynon
	Tregenza Trevithick Penrose Nance Pascoe Chenoweth Achebe Kipling Bronte Blyth Sykes Haigh Ramsbottom Entwistle Ackroyd
	Oldroyd Sutcliffe Illingworth Hargreaves Openshaw Shufflebotham Birtwistle Rigby Lomax Fairhurst Unsworth Winstanley
	Pickles Tattersall Kershaw Butterworth Schofield Clegg Crabtree Dewhurst Holt Ogden Whitehead Bamford Cheetham Heaton`)

// Rarer surnames are those of places, put together as the places' names were.
var (
	placeBeginnings = strings.Fields(`Ash Apple Barn Beck Black Bram Brad Brook Burn Broad Bur Buck Cal Car Chad Char Chest Clay
		Cold Comb Cran Craw Crom Dal Dar Deben Den Dun Earl East Eden Elm Ever Fair Farn Fen Fern Finch Flax Gars Gled Good Gran
		Graf Green Grim Had Hal Ham Hart Has Hather Haw Hay Hazel Heath Hem Hen High Hol Horn Hor Hux Ing Ket Kim Kirk Lam Lang
		Lav Led Lin Little Long Mar Mel Mid Mil Mor Nettle New Nor Oak Ock Old Ot Pad Pem Pil Pink Pres Quar Rad Rams Red Ring
		Ros Row Rush Sand Scar Sed Shel Ship Sid Silver Stan Stock Strath Sud Swan Swin Tad Tam Thorn Thur Til Tre Up Wad Wal
		Wake War Wat Wen West Whit Wick Wil Win Witch Wol Wood Wor Wyn Yar Yel`)
	placeEndings = strings.Fields(`ton ley ford field worth wood well ham bury by thorpe den combe bourne stead hurst shaw
		bridge cott wick house croft man more land gate brook dale side grave`)
)

// surnames are all surnames, the most frequent first; the rare ones come in an order of no meaning.
func surnames(d *dice) []string {
	rare := make([]string, 0, len(placeBeginnings)*len(placeEndings))
	for _, beginning := range placeBeginnings {
		for _, ending := range placeEndings {
			if beginning[len(beginning)-1] != ending[0] {
				rare = append(rare, beginning+ending)
			}
		}
	}
	d.Shuffle(len(rare), func(i, j int) { rare[i], rare[j] = rare[j], rare[i] })
	return slices.Concat(frequentSurnames, rare)
}
