package company

// han is a Chinese name, in characters and in pinyin.
type han struct{ han, pinyin string }

var (
	germanGiven  = []string{"Anna", "Jürgen", "Katharina", "Matthias", "Ursula", "Wolfgang", "Sabine", "Thorsten", "Heike", "Stefan", "Birgit", "Andreas", "Claudia", "Dieter", "Franziska", "Günter", "Ingrid", "Jonas", "Kerstin", "Lukas", "Monika", "Niklas", "Petra", "Ralf", "Silke", "Tobias", "Ulrike", "Volker", "Friederike", "Hans-Peter"}
	germanFamily = []string{"Müller", "Schröder", "Weiß", "Krämer", "Böhm", "Jäger", "Köhler", "Lehmann", "Schäfer", "Zimmermann", "Hoffmann", "Vogel", "Petersen", "von Ahlefeld", "Brandt", "Großmann", "Kühn", "Neumann", "Pohl", "Richter", "Seidel", "Thielemann", "Winkler", "Friedrichsen", "Marquardt", "Öztürk", "Kowalski", "Jansen", "Hartwig", "Baumgärtner"}

	englishGiven  = []string{"Alice", "Benjamin", "Charlotte", "Daniel", "Eleanor", "Frederick", "Georgia", "Harriet", "Isaac", "Jessica", "Kenneth", "Louise", "Margaret", "Nathaniel", "Oliver", "Patricia", "Rosalind", "Samuel", "Theresa", "Victoria"}
	englishFamily = []string{"Smith", "Ashworth", "Blackwood", "Carmichael", "Davenport", "Ellison", "Fairweather", "Greenhalgh", "Hathaway", "Ingram", "Johnstone", "Kingsley", "Lockhart", "Macpherson", "Northcott", "O'Connor", "Pemberton", "Rutherford", "Sinclair", "Whitaker"}

	chineseFamily = []han{{"李", "Li"}, {"张", "Zhang"}, {"刘", "Liu"}, {"陈", "Chen"}, {"杨", "Yang"}, {"赵", "Zhao"}, {"黄", "Huang"}, {"周", "Zhou"}, {"吴", "Wu"}, {"徐", "Xu"}, {"孙", "Sun"}, {"马", "Ma"}, {"欧阳", "Ouyang"}, {"林", "Lin"}, {"郭", "Guo"}, {"何", "He"}}
	chineseGiven  = []han{{"伟", "Wei"}, {"芳", "Fang"}, {"秀英", "Xiuying"}, {"丽华", "Lihua"}, {"建国", "Jianguo"}, {"晓东", "Xiaodong"}, {"雪梅", "Xuemei"}, {"志强", "Zhiqiang"}, {"海燕", "Haiyan"}, {"文静", "Wenjing"}, {"明辉", "Minghui"}, {"春兰", "Chunlan"}, {"国栋", "Guodong"}, {"玉珍", "Yuzhen"}, {"天宇", "Tianyu"}, {"思远", "Siyuan"}}

	firmStems  = []string{"Nordlicht", "Alpenrand", "Hanseat", "Rheinblick", "Silberbach", "Kupfergraben", "Morgenstern", "Falkenried", "Lindenhof", "Seeadler", "Waldkauz", "Windfang", "Eisvogel", "Tannenhain", "Bernstein", "Schwarzwald", "Elbufer", "Domberg", "Sonnenau", "Wiesengrund"}
	firmTrades = []string{"Leuchten", "Möbel", "Elektro", "Küchen", "Hotelbedarf", "Bürotechnik", "Ladenbau", "Gastronomie", "Textil", "Fahrräder"}
	firmForms  = []string{"GmbH", "GmbH & Co. KG", "AG", "e.K.", "OHG"}

	chineseFirms = []struct{ han, latin, city, cityHan, zip, area string }{
		{"上海东方照明有限公司", "Shanghai Dongfang Lighting Co., Ltd.", "Shanghai", "上海", "200120", "21"},
		{"深圳光明电子有限公司", "Shenzhen Guangming Electronics Co., Ltd.", "Shenzhen", "深圳", "518000", "755"},
		{"杭州西湖家具有限公司", "Hangzhou Xihu Furniture Co., Ltd.", "Hangzhou", "杭州", "310000", "571"},
		{"北京长城贸易有限公司", "Beijing Changcheng Trading Co., Ltd.", "Beijing", "北京", "100000", "10"},
		{"广州珠江灯饰有限公司", "Guangzhou Zhujiang Lamps Co., Ltd.", "Guangzhou", "广州", "510000", "20"},
		{"苏州园林酒店有限公司", "Suzhou Yuanlin Hotel Co., Ltd.", "Suzhou", "苏州", "215000", "512"},
	}

	streets = []string{"Hauptstraße", "Bahnhofstraße", "Gartenweg", "Lindenallee", "Am Markt", "Schulstraße", "Mühlenweg", "Kirchgasse", "Bergstraße", "Ringstraße"}
	roads   = []string{"High Street", "Station Road", "Church Lane", "Mill Road", "Victoria Street", "Green Lane"}
	places  = []struct{ city, zip, area string }{
		{"Köln", "506", "221"}, {"Hamburg", "204", "40"}, {"Berlin", "101", "30"}, {"München", "803", "89"}, {"Frankfurt am Main", "603", "69"},
	}
	towns = []struct{ city, zip string }{{"Leeds", "LS1 4DY"}, {"Bristol", "BS1 5TR"}, {"Norwich", "NR2 1TF"}, {"Bath", "BA1 1SU"}}

	catalogue = []OrderLine{
		{Article: "LX-100", Description: "Pendant lamp", Price: "39.90"},
		{Article: "LX-205", Description: "Floor lamp", Price: "129.00"},
		{Article: "LX-310", Description: "Desk lamp", Price: "54.50"},
		{Article: "MB-020", Description: "Side table", Price: "89.00"},
		{Article: "MB-044", Description: "Bookcase", Price: "219.00"},
	}
	topics  = []string{"delivery is late", "wrong item", "question about an invoice", "wants an offer", "return", "address has changed"}
	results = []string{"solved", "promised a call back", "passed on", "sent an offer"}
	agents  = []string{"Jana", "Murat", "Grace", "Li Na"}
)
