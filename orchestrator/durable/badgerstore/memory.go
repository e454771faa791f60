package badgerstore

import "time"

// growth is how long the heap grows before huge pages are asked for again: in so long it grows by a few MiB.
const growth = 20 * time.Millisecond

// askForHugePages has the heap grow by them, as far as the kernel gives any, until the function that it returns is called.
func askForHugePages() (enough func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(growth)
		defer tick.Stop()
		for hugePages(true) == nil {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(stop); <-stopped }
}

// Ease gives back memory of which a store that has nothing to do needs little, until it is used again: its files stay where
// they are, on disk, and what is read of them comes from there. It is for the moment when nobody has asked for anything for a
// while, before the garbage is collected.
func (s *Store) Ease() {
	// Huge pages would be made of what is left here and there, and fill up what is given back.
	files, err := pageOut(s.dir)
	if err := firstError(err, hugePages(false)); err != nil {
		s.opts.Logger.Debug().Err(err).Msg("not all memory that could be given back was")
	}
	s.opts.Logger.Debug().Int64("mapped_bytes", files).Msg("at ease: the files were taken out of memory")
}
