package population

import "strings"

// town is a post town with its postcode area and telephone area code.
type town struct{ name, area, code string }

// towns stand by size; the first are the largest.
var towns = readTowns(`London E 020;London SW 020;London N 020;London SE 020;London W 020;Birmingham B 0121;Leeds LS 0113
	Glasgow G 0141;Sheffield S 0114;Manchester M 0161;Bradford BD 01274;Liverpool L 0151;Edinburgh EH 0131;Bristol BS 0117
	Cardiff CF 029;Leicester LE 0116;Coventry CV 024;Nottingham NG 0115;Newcastle upon Tyne NE 0191;Hull HU 01482
	Belfast BT 028;Stoke-on-Trent ST 01782;Wolverhampton WV 01902;Derby DE 01332;Swansea SA 01792;Southampton SO 023
	Portsmouth PO 023;Plymouth PL 01752;Reading RG 0118;Northampton NN 01604;Luton LU 01582;Bolton BL 01204;Bournemouth BH 01202
	Norwich NR 01603;Swindon SN 01793;Southend-on-Sea SS 01702;Middlesbrough TS 01642;Peterborough PE 01733;Cambridge CB 01223
	Doncaster DN 01302;York YO 01904;Poole BH 01202;Gloucester GL 01452;Burnley BB 01282;Telford TF 01952;Blackpool FY 01253
	Oxford OX 01865;Milton Keynes MK 01908;Ipswich IP 01473;Preston PR 01772;Brighton BN 01273;Exeter EX 01392;Warrington WA 01925
	Huddersfield HD 01484;Halifax HX 01422;Wigan WN 01942;Dundee DD 01382;Aberdeen AB 01224;Perth PH 01738;Inverness IV 01463
	Newport NP 01633;Wrexham LL 01978;Bath BA 01225;Worcester WR 01905;Lincoln LN 01522;Chester CH 01244;Colchester CO 01206
	Chelmsford CM 01245;Maidstone ME 01622;Canterbury CT 01227;Guildford GU 01483;Slough SL 01753;Watford WD 01923
	St Albans AL 01727;Stevenage SG 01438;Hemel Hempstead HP 01442;Harrogate HG 01423;Wakefield WF 01924;Oldham OL 01706
	Stockport SK 01625;Lancaster LA 01524;Carlisle CA 01228;Durham DH 0191;Darlington DL 01325;Sunderland SR 0191
	Salisbury SP 01722;Taunton TA 01823;Torquay TQ 01803;Truro TR 01872;Dorchester DT 01305;Hereford HR 01432
	Shrewsbury SY 01743;Llandrindod Wells LD 01597;Dudley DY 01384;Walsall WS 01922;Croydon CR 020;Bromley BR 020
	Dartford DA 01322;Tonbridge TN 01732;Redhill RH 01737;Kingston upon Thames KT 020;Sutton SM 020;Twickenham TW 020
	Uxbridge UB 01895;Harrow HA 020;Enfield EN 020;Ilford IG 020;Romford RM 01708;Falkirk FK 01324;Kirkcaldy KY 01592
	Motherwell ML 01698;Paisley PA 0141;Kilmarnock KA 01563;Dumfries DG 01387;Galashiels TD 01896;Kirkwall KW 01856`)

func readTowns(text string) (out []town) {
	for entry := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		words := strings.Fields(entry)
		last := len(words)
		out = append(out, town{strings.Join(words[:last-2], " "), words[last-2], words[last-1]})
	}
	return out
}

// Names of streets, and their ends with the abbreviation.
var (
	streetNames = strings.Fields(`High Church Station Victoria Park Green Manor Kings Queens Mill School North South West East New
		Albert George York Springfield Chapel Grange Windsor Alexandra Richmond Stanley Grove Highfield The_Crescent Orchard
		Broadway Meadow Main Ashley Bridge Cedar Chestnut Clarence Coronation Cross Derby Elm Fairfield Forest Garden Gloucester
		Hawthorn Hazel Heath Hill Holly Kent Kingsway Lake Lancaster Lansdowne Laurel Lime London Long Maple Market Marlborough
		Milton Montague Nelson Newton Norfolk Oak Old Oxford Palmerston Pine Poplar Princes Priory Railway Rectory Regent
		River Rose Rowan Russell Salisbury Sandringham Shakespeare Silver Somerset Spring Stanhope Sycamore Tennyson Union Vicarage
		Warwick Water Waverley Wellington Wesley Westfield Willow Woodland Woodside Wordsworth`)
	streetEnds = []string{"Road", "Street", "Lane", "Avenue", "Close", "Drive", "Way", "Court", "Crescent", "Gardens", "Place", "Terrace", "Grove", "Square"}
	shortEnds  = strings.NewReplacer(" Road", " Rd", " Street", " St", " Lane", " Ln", " Avenue", " Ave", " Close", " Cl", " Drive", " Dr",
		" Court", " Ct", " Crescent", " Cres", " Gardens", " Gdns", " Place", " Pl", " Terrace", " Terr", " Square", " Sq")
)

// mailHosts are mailbox providers under the top-level domain that is reserved for examples (RFC
// 2606), the most used first.
var mailHosts = strings.Fields(`mail.example post.example inbox.example letters.example fastpost.example homenet.example
	cablenet.example oldisp.example quickmail.example webpost.example`)

// Trades, and what stands behind a firm's name.
var (
	trades = strings.Fields(`Plumbing Electrical Joinery Bakery Motors Engineering Logistics Consulting Foods Textiles Roofing
		Printing Software Care Lettings Estates Catering Flooring Scaffolding Landscapes Dental Optical Travel Fashion Furniture
		Glazing Haulage Recruitment Accountancy Architects Interiors Pharmacy Packaging Fabrication Security Cleaning`)
	legalForms = []string{"Ltd", "Limited", "LLP", "PLC", "& Sons", "Group Ltd", "(UK) Ltd", "& Co", "Services Ltd"}
)
