package json

import (
	"testing"

	"github.com/touchstone-hub/touchstone/formats/formattest"
)

func TestJSON_keepsTheContract(t *testing.T) {
	formattest.Run(t, formattest.Case{
		Format: mustOpen(t, JSON, `from: "data.items"`), Reader: mustOpen(t, NDJSON, ""),
		Input: []byte("{\"n\": [1,\"]\\\"\"], \"data\":{\"items\":[" + customer + ",\n {\"a\":01}, [1 , {}], {\"\":\"\\u0000é\"} ]}, \"z\":null}\n"),
		Head:  []byte(`{"data":{"x":` + customer + `,"items":[`), Record: []byte(customer + ","),
	})
}

func TestJSON_keepsTheContractWhenItBreaksOff(t *testing.T) {
	formattest.Run(t, formattest.Case{
		Format: mustOpen(t, JSON, ""),
		Input:  []byte("[" + customer + ",\n {\"a\":1}, \"x\", {\"b\": ]"),
		Head:   []byte(`[`), Record: []byte(customer + ","),
	})
}

func TestNDJSON_keepsTheContract(t *testing.T) {
	formattest.Run(t, formattest.Case{
		Format: mustOpen(t, NDJSON, `max_record: 1KB`),
		Input:  []byte(customer + "\r\n{\"a\":}\n\n  [1 , {}]\n\"" + string(make([]byte, 1100)) + "\"\n{\"\":\"\\u0000é\"}"),
		Record: []byte(customer + "\n"),
	})
}
