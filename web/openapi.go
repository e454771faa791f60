package web

import (
	_ "embed" // the OpenAPI document
	"net/http"

	"github.com/labstack/echo/v4"
)

// referencePage is the client's file that shows the document.
const referencePage = "reference/index.html"

// openAPI describes the HTTP API, in OpenAPI 3.1. It is written by hand; tests
// hold it to the routes, and answers to it.
//
//go:embed openapi.json
var openAPI []byte

// showDocument gives the description of this API.
func (s *Server) showDocument(c echo.Context) error { return c.JSONBlob(http.StatusOK, openAPI) }
