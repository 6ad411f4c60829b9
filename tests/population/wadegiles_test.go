package population

import (
	"strings"
	"testing"
)

// TestWadeGiles_publishedTable has rows of the published table of equivalents for each initial and
// each kind of final.
func TestWadeGiles_publishedTable(t *testing.T) {
	t.Parallel()
	for pair := range strings.FieldsSeq(`a/a ai/ai ba/pa bian/pien bie/pieh bing/ping bo/po pang/p'ang peng/p'êng ma/ma men/mên mou/mou
		feng/fêng fei/fei dao/tao deng/têng diao/tiao dong/tung duo/to dui/tui ting/t'ing tian/t'ien tuo/t'o ni/ni nian/nien
		nü/nü lü/lü lüe/lüeh lie/lieh liu/liu long/lung luo/lo guo/kuo gui/kuei guang/kuang gong/kung ge/ko kang/k'ang ke/k'o
		kong/k'ung kuo/k'uo kui/k'uei he/ho hua/hua huang/huang hui/hui huo/huo hong/hung jia/chia jian/chien jie/chieh
		jiang/chiang jing/ching jiong/chiung ju/chü juan/chüan jue/chüeh jun/chün qi/ch'i qian/ch'ien qiang/ch'iang qing/ch'ing
		qu/ch'ü quan/ch'üan xi/hsi xia/hsia xian/hsien xiang/hsiang xiao/hsiao xie/hsieh xin/hsin xiong/hsiung xu/hsü xue/hsüeh
		zhang/chang zhe/chê zhen/chên zheng/chêng zhi/chih zhong/chung zhou/chou zhu/chu zhuo/cho zhuang/chuang chang/ch'ang
		chen/ch'ên cheng/ch'êng chi/ch'ih chong/ch'ung chuan/ch'uan shan/shan shi/shih shu/shu shuo/shuo ren/jên ri/jih rong/jung
		ruo/jo zi/tzŭ zai/tsai zeng/tsêng zuo/tso ci/tz'ŭ cai/ts'ai cong/ts'ung cuo/ts'o si/ssŭ song/sung suo/so sun/sun
		yi/i yan/yen yang/yang ye/yeh ying/ying yong/yung you/yu yu/yü yuan/yüan yue/yüeh yun/yün wang/wang wei/wei wen/wên wo/wo
		wu/wu er/êrh e/o`) {
		pinyin, want, _ := strings.Cut(pair, "/")
		if got := WadeGiles(pinyin, true); got != want {
			t.Errorf("%s: got %s, want %s", pinyin, got, want)
		}
	}
	if got := WadeGiles("xue", false) + WadeGiles("zeng", false) + WadeGiles("qiang", false); got != "hsuehtsengchiang" {
		t.Errorf("without marks: %s", got)
	}
}
