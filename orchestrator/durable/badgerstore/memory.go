package badgerstore

import "github.com/everturn/everturn/orchestrator/durable/badgerstore/pages"

// Ease gives back memory of which a store that has nothing to do needs little, until it is used again: its files stay where
// they are, on disk, and what is read of them comes from there. It is for the moment when nobody has asked for anything for a
// while.
func (s *Store) Ease() {
	bytes, err := pages.Out(s.dir)
	if err != nil {
		s.opts.Logger.Debug().Err(err).Msg("not all memory that could be given back was")
	}
	s.opts.Logger.Debug().Int64("mapped_bytes", bytes).Msg("at ease: the files were taken out of memory")
}
