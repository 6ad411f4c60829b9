package population

import "strings"

// chineseSurnames are the hundred most frequent in the order of the Ministry of Public Security's
// report on names.
var chineseSurnames = strings.Split("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩邓冯曹彭田董潘袁蒋蔡余于杜程魏吕丁苏叶卢姜崔钟谭陆汪范金石廖贾夏韦傅方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵钱严武戴莫孔向汤常温康施文牛樊", "")

// surnameTop are the shares of the first ten, in ten thousandths; from there on they fall as Zipf's
// law has it.
var surnameTop = []int{720, 711, 679, 524, 453, 309, 225, 214, 206, 190}

// polyphoneSurnames are read otherwise as names than as words: the name's reading and the word's.
var polyphoneSurnames = table(`
	曾: zeng ceng; 单: shan dan; 仇: qiu chou; 解: xie jie; 查: zha cha; 朴: piao pu; 区: ou qu; 任: ren ren; 翟: zhai di
	盖: ge gai; 覃: qin tan; 乐: yue le; 缪: miao mou; 种: chong zhong; 员: yun yuan`)

// compoundSurnames with their readings, the most frequent first.
var compoundSurnames = table(`
	欧阳: ouyang; 上官: shangguan; 诸葛: zhuge; 司马: sima; 司徒: situ; 皇甫: huangfu; 慕容: murong; 令狐: linghu
	夏侯: xiahou; 尉迟: yuchi; 公孙: gongsun; 东方: dongfang; 端木: duanmu; 长孙: zhangsun; 宇文: yuwen; 独孤: dugu`)

// Orders of the two tables, the most frequent first.
var (
	polyphoneOrder = strings.Split("曾任解翟覃单查盖仇区朴乐缪种员", "")
	compoundOrder  = strings.Fields("欧阳 上官 诸葛 司马 司徒 皇甫 慕容 令狐 夏侯 尉迟 公孙 东方 端木 长孙 宇文 独孤")
)

// Characters of given names by sex, the most frequent first.
var givenCharacters = [2][]string{
	strings.Split("英芳秀玉红丽敏静艳娟霞玲桂兰梅燕婷雪慧洁莉萍琳颖倩欣怡佳梦雅诗涵雨晓小美淑珍凤云华丹蕾琴月春思语桐子一婉莹瑶璐薇宁晶爱", ""),
	strings.Split("伟强军勇磊杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊建国志文海龙东林峰小晓子家天一泽轩博睿晨阳嘉德永成春新立宏亮云振荣祥庆学光世宝忠", ""),
}

// homophones are characters of given names that are written for one another.
var homophones = strings.Fields("晓小 伟炜 涛韬 明铭 杰捷 宇雨 浩昊 俊军 建健 辉晖 丽莉 静婧 佳嘉 琳林 颖莹 欣新 燕艳 红宏 志智 文雯 波博 梦孟 平萍")

// traditionalPairs are the simplified characters in use here, each before the traditional one.
var traditionalPairs = readPairs(`张張刘劉陈陳杨楊黄黃赵趙吴吳孙孫马馬罗羅郑鄭谢謝许許韩韓邓鄧冯馮蒋蔣吕呂苏蘇叶葉卢盧钟鍾谭譚陆陸贾賈韦韋邹鄒闫閆
	龙龍贺賀顾顧龚龔钱錢严嚴汤湯温溫单單区區盖蓋乐樂缪繆种種员員欧歐诸諸马馬迟遲东東长長独獨孙孫
	红紅丽麗静靜艳豔兰蘭洁潔颖穎梦夢诗詩凤鳳云雲华華语語莹瑩宁寧爱愛晓曉伟偉强強军軍杰傑涛濤刚剛辉輝鹏鵬飞飛凯凱国國泽澤轩軒阳陽
	荣榮庆慶学學宝寶炜煒韬韜铭銘晖暉贸貿业業电電机機实實团團药藥车車设設备備术術发發兴興达達丰豐顺順亚亞创創联聯远遠广廣汉漢厦廈门門
	济濟岛島责責际際纺紡织織饮飲医醫环環筑築装裝饰飾网網络絡传傳销銷售售资資诚誠胜勝学學华華浙浙陕陝连連圳圳号號`)

func readPairs(text string) map[rune]rune {
	out := map[rune]rune{}
	runes := []rune(strings.Join(strings.Fields(text), ""))
	for i := 0; i+1 < len(runes); i += 2 {
		out[runes[i]] = runes[i+1]
	}
	return out
}

// chinesePlace is a city with its province (none where the city is one) and telephone area code.
type chinesePlace struct{ city, province, latin, code string }

var chinesePlaces = readChinesePlaces(`北京市 - Beijing 010;上海市 - Shanghai 021;广州市 广东省 Guangzhou 020;深圳市 广东省 Shenzhen 0755
	杭州市 浙江省 Hangzhou 0571;南京市 江苏省 Nanjing 025;成都市 四川省 Chengdu 028;武汉市 湖北省 Wuhan 027;西安市 陕西省 Xi'an 029
	天津市 - Tianjin 022;重庆市 - Chongqing 023;苏州市 江苏省 Suzhou 0512;郑州市 河南省 Zhengzhou 0371;长沙市 湖南省 Changsha 0731
	青岛市 山东省 Qingdao 0532;宁波市 浙江省 Ningbo 0574;厦门市 福建省 Xiamen 0592;济南市 山东省 Jinan 0531;大连市 辽宁省 Dalian 0411`)

func readChinesePlaces(text string) (out []chinesePlace) {
	for entry := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		w := strings.Fields(entry)
		out = append(out, chinesePlace{w[0], strings.TrimPrefix(w[1], "-"), w[2], w[3]})
	}
	return out
}

var (
	chineseStreets = strings.Fields("人民路 中山路 解放路 建设路 和平路 南京路 北京路 新华路 文化路 黄河路 朝阳路 胜利路 学府路 科技路 迎宾路 滨海路")
	brandCharacter = strings.Split("华兴达丰顺亚创联远宏盛瑞恒金鑫天海中新泰安信诚博通", "")
	chineseTrades  = []string{
		"科技", "贸易", "电子", "机械", "食品", "医药", "建筑工程", "物流", "信息技术", "环保", "纺织", "网络", "文化传媒", "餐饮", "汽车销售", "投资", "装饰", "化工",
	}
	englishTrades = []string{
		"Technology", "Trading", "Electronics", "Machinery", "Food", "Pharmaceutical", "Construction", "Logistics", "Information Technology",
		"Environmental", "Textile", "Network", "Culture Media", "Catering", "Auto Sales", "Investment", "Decoration", "Chemical",
	}
)
