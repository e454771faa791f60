package manage

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// maxBody is the most bytes of a body: more than the engine lets any payload
// have, and the engine says how much that is.
const maxBody = 1 << 20

// body reads the body and its media type.
func (r *request) body() (body []byte, media string, err error) {
	body, err = io.ReadAll(http.MaxBytesReader(r.Response(), r.Request().Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, "", err
	case err != nil:
		return nil, "", api.Refuse(wire.CodeBadRequest, "The body could not be read to its end")
	}
	media, _, _ = mime.ParseMediaType(r.Request().Header.Get(echo.HeaderContentType)) // what is malformed is no JSON
	return body, media, nil
}

// anyJSON checks a body that is any JSON value, or nothing.
func anyJSON(body []byte) (orchestrator.Raw, error) {
	switch {
	case len(body) == 0:
		return nil, nil
	case !utf8.Valid(body):
		return nil, api.Refuse(wire.CodeBadRequest, "The body is not valid UTF-8")
	case !json.Valid(body):
		return nil, api.Refuse(wire.CodeBadRequest, "The body is not valid JSON")
	}
	return body, nil
}

// input reads a body that is JSON, whatever it says that it is.
func (r *request) input() (orchestrator.Raw, error) {
	body, _, err := r.body()
	if err != nil {
		return nil, err
	}
	return anyJSON(body)
}
