package gclplugin

import (
	"testing"

	"github.com/golangci/plugin-module-register/register"

	"github.com/everturn/everturn/orchestrator/determinism"
)

func TestPlugin(t *testing.T) {
	make, err := register.GetPlugin("everturn")
	if err != nil {
		t.Fatal(err)
	}
	tests := determinism.Analyzer.Flags.Lookup("tests").Value
	defer func() { _ = tests.Set("true") }()
	for _, c := range []struct {
		settings any
		tests    string
	}{{nil, "true"}, {map[string]any{"tests": false}, "false"}, {map[string]any{}, "false"}, {map[string]any{"tests": true}, "true"}} {
		p, err := make(c.settings)
		if err != nil {
			t.Fatal(err)
		}
		if tests.String() != c.tests {
			t.Errorf("settings %v: tests is %v, not %s", c.settings, tests, c.tests)
		}
		if list, err := p.BuildAnalyzers(); err != nil || len(list) != 1 || list[0] != determinism.Analyzer || p.GetLoadMode() != register.LoadModeTypesInfo {
			t.Errorf("%v %v %v", list, err, p.GetLoadMode())
		}
	}
	if _, err := make(map[string]any{"tests": "perhaps"}); err == nil {
		t.Error("settings that are none are taken")
	}
}
