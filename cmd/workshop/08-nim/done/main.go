// Command done is the finished program of step 8: a game of your own.
package main

import (
	"embed"

	"github.com/everturn/everturn/cmd/workshop/internal/stage"
	"github.com/everturn/everturn/game"
)

// files are the game's part of the browser client: how it is drawn, and the list that names it.
//
//go:embed games
var files embed.FS

func main() {
	stage.Run(stage.Program{Step: "08-nim", Games: []game.Rules{Rules{}}, Files: files})
}
