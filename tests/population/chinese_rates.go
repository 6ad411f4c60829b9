package population

// How Chinese customers are, in thousandths of the customers where nothing else is said.
const (
	ChineseDuplicates = 500 // of the records: enough ways of writing for each customer
	ChineseMostCopies = 5
	Organisations     = 200
	// CompoundSurname and PolyphoneSurname are shares of the people. Both are rarer in life (about
	// 1 and 15): they are what the set is to test.
	CompoundSurname  = 60
	PolyphoneSurname = 80
	SingleGivenName  = 150 // given names of one character
	ChineseFamilies  = 150 // people who share surname, address and landline with the person before
	Generation       = 300 // of those: they share the first character of the given name too
)

// What ChineseRecords look like, in thousandths of the records of people. The rest is simplified
// characters without a space.
const (
	WithSpace     = 60  // 王 小明
	Traditional   = 150 // 王曉明
	SplitFields   = 200 // family and given name in fields of their own, in any of the ways
	PinyinFirst   = 110 // Wang Xiaoming
	PinyinLast    = 110 // Xiaoming WANG
	PinyinHyphen  = 60  // WANG Xiao-ming, Wang Xiao Ming
	WadeGilesForm = 70  // WANG Hsiao-ming
	FullWidth     = 40  // Ｗａｎｇ Ｘｉａｏｍｉｎｇ
)

// Noise of Chinese records, in thousandths of the records, first ones included.
const (
	Homophone       = 25  // another character of the given name that sounds the same
	WrongPolyphone  = 120 // of Latin names with such a surname: read as the common word, Ceng for 曾
	PinyinTypo      = 30
	NoChinesePhone  = 200
	OtherPhone      = 80
	NoChineseMail   = 350
	NoChineseBirth  = 250
	WrongBirth      = 20
	NoChinesePlace  = 150
	ChineseMoved    = 60
	LatinPlace      = 250 // of records in Latin letters: 88 Renmin Lu, Guangzhou
	WithoutProvince = 400
	// of organisations
	EnglishName    = 250 // Beijing Huaxing Technology Co., Ltd
	WithoutPlace   = 200 // 华兴科技有限公司
	ShortPlace     = 250 // 北京华兴… for 北京市华兴…
	PlaceInside    = 120 // 华兴科技（北京）有限公司
	OtherLegalForm = 200 // none, or 有限责任公司 for 有限公司
)
