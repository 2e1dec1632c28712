package signing

import (
	"bytes"
	"compress/zlib"
	"io"
	"sync"
)

// keepBuffer is the size up to which buffers go back to their pool.
const keepBuffer = 64 << 10

type deflater struct {
	out bytes.Buffer
	w   *zlib.Writer
}

var deflaters = sync.Pool{New: func() any {
	d := new(deflater)
	d.w = zlib.NewWriter(&d.out)
	return d
}}

// deflate calls use with data as a zlib stream. The stream is gone afterwards.
func deflate(data []byte, use func(compressed []byte)) {
	d := deflaters.Get().(*deflater)
	d.out.Reset()
	d.w.Reset(&d.out)
	d.w.Write(data) // a bytes.Buffer cannot fail
	d.w.Close()
	use(d.out.Bytes())
	if d.out.Cap() <= keepBuffer {
		deflaters.Put(d)
	}
}

type inflater struct {
	in  bytes.Reader
	out bytes.Buffer
	r   io.ReadCloser // also a zlib.Resetter
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// inflate reads one zlib stream and ignores what follows it. It stops with
// ErrTooLarge after max bytes, whatever the stream announces.
func inflate(data []byte, max int) ([]byte, error) {
	f := inflaters.Get().(*inflater)
	f.in.Reset(data)
	payload, err := f.read(max)
	f.in.Reset(nil)
	if err == nil && f.out.Cap() <= keepBuffer {
		inflaters.Put(f)
	}
	return payload, err
}

func (f *inflater) read(max int) (_ []byte, err error) {
	if f.r == nil {
		f.r, err = zlib.NewReader(&f.in)
	} else {
		err = f.r.(zlib.Resetter).Reset(&f.in, nil)
	}
	if err != nil {
		return nil, err
	}
	f.out.Reset()
	n, err := f.out.ReadFrom(io.LimitReader(f.r, int64(max)+1))
	if err != nil {
		return nil, err
	}
	if n > int64(max) {
		return nil, ErrTooLarge
	}
	return bytes.Clone(f.out.Bytes()), nil
}
