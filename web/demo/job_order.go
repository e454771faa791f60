package demo

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// Tags of a job, by which requests find out about it.
const (
	tagCaller = "caller"
	tagKind   = "kind"
	tagOrder  = "order"
)

func (in order) tags(caller string) map[string]string {
	return map[string]string{tagCaller: caller, tagKind: in.Kind, tagOrder: in.fingerprint()}
}

// fingerprint tells orders apart.
func (in order) fingerprint() string {
	body, _ := json.Marshal(in) // texts and numbers can be encoded
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

// maxParallel is the most steps of a job at a time.
const maxParallel = 16

// readOrder reads the body of a new job.
func (d *Jobs) readOrder(c echo.Context) (order, error) {
	in, err := api.ReadBody(c, api.Needed)
	if err != nil {
		return order{}, err
	}
	var o order
	o.Kind, _ = in.Text("kind")
	details := in.Inner("input")
	if err := in.Done(); err != nil {
		return order{}, err
	}
	if details == nil {
		details = &api.Object{}
	}
	kinds := []string{"digest", "verify-archive", "wordcount"}
	if !slices.Contains(kinds, o.Kind) {
		return order{}, api.Refuse(wire.CodeBadRequest, "The field \"kind\" must be one of %q", kinds)
	}
	if o.Kind != "verify-archive" {
		if o.Text, err = d.readText(details); err != nil {
			return order{}, err
		}
	}
	o.Pace = int(details.Number("pace"))
	if o.Kind != "digest" {
		o.Parallel = 8
		details.Into("parallel", &o.Parallel, "a whole number")
		o.Fail, _ = details.Text("fail")
	}
	if err := details.Done(); err != nil {
		return order{}, err
	}
	switch fails := []string{"", failOnce, failAlways}; {
	case o.Pace < 0 || o.Pace > maxPace:
		return order{}, api.Refuse(wire.CodeBadRequest, "The field \"input.pace\" must be from 0 to %d milliseconds", maxPace)
	case o.Kind != "digest" && (o.Parallel < 1 || o.Parallel > maxParallel):
		return order{}, api.Refuse(wire.CodeBadRequest, "The field \"input.parallel\" must be from 1 to %d", maxParallel)
	case !slices.Contains(fails, o.Fail):
		return order{}, api.Refuse(wire.CodeBadRequest, "The field \"input.fail\" must be one of %q", fails)
	}
	return o, nil
}

// readText reads which text a job is about: one of so many bytes that is made of
// a seed, or, where no size is given, one that is uploaded.
func (d *Jobs) readText(in *api.Object) (*text, error) {
	var size, seed int64
	made := in.Into("size", &size, "a whole number")
	seeded := in.Into("seed", &seed, "a whole number")
	switch {
	case made && (size < 0 || size > d.mostBytes):
		return nil, api.Refuse(wire.CodeBadRequest, "The field \"input.size\" must be from 0 to %d bytes", d.mostBytes)
	case seeded && (!made || seed < 0):
		return nil, api.Refuse(wire.CodeBadRequest, "The field \"input.seed\" must be a whole number from 0, beside a size")
	case made:
		return madeText(uint64(seed), size, d.chunkBytes), nil
	}
	return &text{Upload: true, ChunkBytes: d.chunkBytes}, nil
}

// idempotencyKey is the caller's own name for the request, or empty.
func idempotencyKey(r *http.Request) (string, error) {
	given := r.Header.Values("Idempotency-Key")
	if len(given) == 0 {
		return "", nil
	}
	if len(given) > 1 || given[0] == "" || len(given[0]) > 128 {
		return "", api.Refuse(wire.CodeBadRequest, "The header Idempotency-Key must be given once, with 1 to 128 characters")
	}
	return given[0], nil
}

// jobKey is a secret that each database draws once. The ids of jobs are made with
// it, so that who guesses an Idempotency-Key has not guessed the id.
var (
	jobKey     = entities.Define("job-key", func(string) string { return "" })
	jobKeyDraw = entities.On(jobKey, "draw", func(_ *entities.Context, s *string, fresh string) (string, error) {
		if *s == "" {
			*s = fresh
		}
		return *s, nil
	})
)

// idOf is the id of the job that a caller asks for: always the same with the same
// key, else a new one.
func (d *Jobs) idOf(ctx context.Context, caller, key string) (string, error) {
	if key == "" {
		return rand.Text(), nil
	}
	secret := d.key.Load()
	if secret == nil {
		drawn, err := jobKeyDraw.Do(ctx, d.entities.Load(), "jobs", rand.Text())
		if err != nil {
			return "", err
		}
		secret = &drawn
		d.key.Store(secret)
	}
	sum := hmac.New(sha256.New, []byte(*secret))
	sum.Write([]byte(caller + "\x00" + key))
	return hex.EncodeToString(sum.Sum(nil)[:16]), nil
}
