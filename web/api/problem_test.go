package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/wire"
)

func TestErrorsOutward(t *testing.T) {
	secret := "badger: /somewhere/000001.vlog: checksum"
	for _, c := range []struct {
		err  error
		code wire.Code
		told string // part of the detail
	}{
		{&game.Refusal{Code: game.CodeIllegalMove, Message: "Column 4 is full"}, wire.CodeIllegalMove, "Column 4 is full"},
		{&game.Refusal{Code: game.CodeNotYourTurn, Message: "x"}, wire.CodeNotYourTurn, "x"},
		{&game.Refusal{Code: game.CodeTooEarly, Message: "x"}, wire.CodeTooEarly, "x"},
		{&game.Refusal{Code: game.CodeStale, Message: "x"}, wire.CodeStale, "x"},
		{&game.Refusal{Code: game.CodeNotAPlayer, Message: "x"}, wire.CodeNotAPlayer, "x"},
		{&game.Refusal{Code: "made_up", Message: secret}, wire.CodeInternal, "server"},
		{orchestrator.Fail(orchestrator.CodeBusy, secret), wire.CodeBusy, "again"},
		{orchestrator.Fail(orchestrator.CodeUnavailable, secret), wire.CodeUnavailable, "again"},
		{orchestrator.Fail(orchestrator.CodeUnsure, secret), wire.CodeUnavailable, "again"},
		{orchestrator.Fail(orchestrator.CodeTimeout, secret), wire.CodeUnavailable, "again"},
		{orchestrator.Fail(orchestrator.CodeEnded, secret), wire.CodeGameOver, "over"},
		{orchestrator.Fail(orchestrator.CodeGone, secret), wire.CodeGone, "here"},
		{orchestrator.Fail(orchestrator.CodeNotFound, secret), wire.CodeNotFound, "nothing"},
		{orchestrator.Fail(orchestrator.CodeConflict, secret), wire.CodeConflict, "key"},
		{orchestrator.Fail(orchestrator.CodeTooLarge, secret), wire.CodeTooLarge, "large"},
		{orchestrator.Fail(orchestrator.CodeBadRequest, secret), wire.CodeBadRequest, "formed"},
		{orchestrator.Fail(orchestrator.CodeInternal, secret), wire.CodeInternal, "server"},
		{orchestrator.Fail(orchestrator.CodeFailed, secret), wire.CodeInternal, "server"},
		{&http.MaxBytesError{Limit: 7}, wire.CodeTooLarge, "7"},
		{context.Canceled, wire.CodeUnavailable, "again"},
		{context.DeadlineExceeded, wire.CodeUnavailable, "again"},
		{orchestrator.ErrClosed, wire.CodeUnavailable, "again"},
		{errors.New(secret), wire.CodeInternal, "server"},
		{&Panicked{Value: secret}, wire.CodeInternal, "server"},
		{echo.ErrNotFound, wire.CodeNotFound, "nothing"},
		{echo.ErrStatusRequestEntityTooLarge, wire.CodeTooLarge, "large"},
		{echo.ErrTeapot, wire.CodeBadRequest, "teapot"},
		{echo.ErrBadGateway, wire.CodeInternal, "Internal"},
		{echo.NewHTTPError(302, secret), wire.CodeInternal, "Internal"},
	} {
		for _, err := range []error{c.err, errors.Join(errors.New(secret), c.err)} {
			p := ProblemOf(err)
			if p.Code != c.code || !strings.Contains(p.Detail, c.told) || strings.Contains(p.Detail, secret) {
				t.Errorf("%v becomes %s %q", err, p.Code, p.Detail)
			}
		}
	}
	for _, code := range wire.Codes() { // each can be said
		if p := SayNo(code, nil); p.Status != code.Status() || p.Detail == "" {
			t.Errorf("%s becomes %+v", code, p)
		}
	}
}
