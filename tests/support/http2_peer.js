// An HTTP/2 server (which knows HTTP/1.1 too) for tests of the outbound caller:
//   node http2_peer.js KEY_FILE CERTIFICATE_FILE
// Prints the port it listens on. The path says what becomes of a request; whatever is answered, is
// answered with "VERSION SESSION": the version of HTTP, and the number of its connection.
'use strict';
const fs = require('fs');
const http2 = require('http2');
const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_NO_ERROR } = http2.constants;

let sessions = 0;
const numbers = new WeakMap();
let refusals = 0;
let together = [];

function answer(request, response) {
  response.end(`${request.httpVersion} ${numbers.get(request.stream.session)}`);
}

const paths = {
  '/': answer,
  // All are answered once as many as the query says are waiting at the same time.
  '/together': (request, response) => {
    together.push(() => answer(request, response));
    if (together.length < Number(request.url.split('?')[1])) return;
    together.forEach((each) => each());
    together = [];
  },
  '/reset': (request, response) => response.stream.close(NGHTTP2_INTERNAL_ERROR),
  '/cut': (request, response) => {
    response.write('half of ', () => response.stream.close(NGHTTP2_INTERNAL_ERROR));
  },
  '/refuse-once': (request, response) => {
    if (++refusals > 1) return answer(request, response);
    response.stream.close(NGHTTP2_REFUSED_STREAM);
  },
  '/refuse': (request, response) => response.stream.close(NGHTTP2_REFUSED_STREAM),
  // The connection goes away, and all its requests but the first were never looked at.
  '/go-away': (request, response) => {
    if (request.stream.id === 1) return answer(request, response);
    request.stream.session.goaway(NGHTTP2_NO_ERROR, 1);
  },
  // The connection ends before the answer.
  '/drop': (request) => request.stream.session.destroy(),
  // The answer comes, and the connection takes no further request.
  '/last': (request, response) => {
    const { session } = request.stream;
    answer(request, response);
    session.close();
  },
};

const server = http2.createSecureServer({
  key: fs.readFileSync(process.argv[2]),
  cert: fs.readFileSync(process.argv[3]),
  allowHTTP1: true,
});
server.on('session', (session) => {
  numbers.set(session, ++sessions);
  session.on('error', () => {});
});
server.on('request', (request, response) => {
  request.on('error', () => {});
  response.on('error', () => {});
  if (request.stream) request.stream.on('error', () => {});
  paths[request.url.split('?')[0]](request, response);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
