// Package gclplugin makes the determinism analyzer a plugin of golangci-lint, by
// its module plugin system: a golangci-lint of one's own, built by
// `golangci-lint custom` from a file .custom-gcl.yml:
//
//	version: v2.15.0
//	plugins:
//	  - module: github.com/everturn/everturn
//	    import: github.com/everturn/everturn/orchestrator/determinism/gclplugin
//	    version: latest
//
// and switched on in .golangci.yml:
//
//	linters:
//	  enable: [everturn]
//	  settings:
//	    custom:
//	      everturn:
//	        type: module
//	        description: what orchestrations may not do
//	        settings:
//	          tests: false # files of tests are not looked at; the default is true
package gclplugin

import (
	"fmt"
	"strconv"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis"

	"github.com/everturn/everturn/orchestrator/determinism"
)

func init() { register.Plugin("everturn", open) }

type settings struct {
	Tests *bool `json:"tests"`
}

type plugin struct{}

// open makes the plugin with its settings, as golangci-lint has read them.
func open(raw any) (register.LinterPlugin, error) {
	s, err := register.DecodeSettings[settings](raw)
	if err != nil {
		return nil, fmt.Errorf("settings of everturn: %w", err)
	}
	if s.Tests != nil {
		if err := determinism.Analyzer.Flags.Set("tests", strconv.FormatBool(*s.Tests)); err != nil {
			return nil, fmt.Errorf("settings of everturn: %w", err)
		}
	}
	return plugin{}, nil
}

// BuildAnalyzers gives the one analyzer.
func (plugin) BuildAnalyzers() ([]*analysis.Analyzer, error) {
	return []*analysis.Analyzer{determinism.Analyzer}, nil
}

// GetLoadMode says that it needs types.
func (plugin) GetLoadMode() string { return register.LoadModeTypesInfo }
