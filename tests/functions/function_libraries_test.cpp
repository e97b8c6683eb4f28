// Every library of list.mjs does its work inside the worker; known answers come from its own
// documentation or from a standard.

#include "runtime/base/json.h"
#include "tests/functions/function_caller.h"
#include "tests/support/catch.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>

namespace millrace::test {
namespace {

/// A fresh RSA key pair as {"private": PEM, "public": PEM}.
std::string rsa_pair() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048), &EVP_PKEY_free);
  const auto text_of = [](auto write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    write(out.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out.get(), &bytes);
    return std::string(bytes, static_cast<std::size_t>(size));
  };
  JsonObject pair;
  pair["private"] = text_of([&](BIO* out) {
    PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  pair["public"] = text_of([&](BIO* out) { PEM_write_bio_PUBKEY(out, key.get()); });
  return to_text(Json(pair));
}

}  // namespace

TEST_CASE("the libraries are those of the list") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "(p, l) => Object.keys(l).sort()") ==
        R"(["Buffer","TextDecoder","TextEncoder","URL","URLSearchParams","atob","btoa","crypto",)"
        R"("csv","dayjs","fast-xml-parser","fastXmlParser","jsonwebtoken","lodash","luxon",)"
        R"("papaparse","ramda","structuredClone","uuid"])");
}

TEST_CASE("lodash and ramda work on collections") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "(p, { lodash }) => lodash.chain([3, 1, 2]).sortBy().map(x => x * 2).value()") ==
        "[2,4,6]");
  CHECK(run(pool, "(p, l) => l.lodash.groupBy(['a', 'bb', 'c'], 'length')") ==
        R"({"1":["a","c"],"2":["bb"]})");
  CHECK(run(pool, "(p, l) => l.lodash.template('hi <%= name %>')({ name: 'x' })") == R"("hi x")");
  CHECK(run(pool, "(p, l) => l.lodash.cloneDeep(new Map([[1, { a: 1 }]])).get(1)") == R"({"a":1})");
  CHECK(run(pool, "(p, l) => l.lodash.memoize(x => x + 1)(1)") == "2");
  CHECK(run(pool, "(p, { ramda: R }) => R.pipe(R.map(R.add(1)), R.sum)([1, 2])") == "5");
}

TEST_CASE("luxon and dayjs know time zones and locales") {
  FunctionPool pool(small_pool());
  CHECK(run(pool,
            "(p, l) => l.luxon.DateTime.fromISO('2020-01-01T00:00:00Z')"
            ".setZone('Asia/Tokyo').toISO()") == R"("2020-01-01T09:00:00.000+09:00")");
  CHECK(run(pool,
            "(p, l) => l.luxon.DateTime.fromISO('2024-07-01T12:00:00', "
            "{ zone: 'America/New_York' }).toUTC().toISO()") == R"("2024-07-01T16:00:00.000Z")");
  CHECK(run(pool,
            "(p, l) => l.luxon.DateTime.fromISO('2020-01-01').setLocale('fr')"
            ".toFormat('MMMM')") == R"("janvier")");
  CHECK(run(pool,
            "(p, l) => l.luxon.DateTime.utc().diff(l.luxon.DateTime.utc().minus({ days: 2 }),"
            "'days').days > 1.9") == "true");
  CHECK(run(pool, "(p, l) => l.dayjs.utc('2020-01-01').tz('Asia/Tokyo').format()") ==
        R"("2020-01-01T09:00:00+09:00")");
  CHECK(run(pool,
            "(p, l) => l.dayjs('31/12/2020', 'DD/MM/YYYY').add(1, 'day').format('YYYY-MM-DD')") ==
        R"("2021-01-01")");
  CHECK(run(pool, "() => new Date(0).toLocaleString('de-DE', { timeZone: 'Europe/Berlin' })") ==
        R"("1.1.1970, 01:00:00")");
  CHECK(run(pool, "() => new Intl.NumberFormat('en-IN').format(1234567)") == R"("12,34,567")");
  CHECK(run(pool, "() => new Date(2020, 0, 1).toISOString()") == R"("2020-01-01T00:00:00.000Z")");
}

TEST_CASE("crypto hashes as the standards say") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "(p, l) => l.crypto.createHash('sha256').update('abc').digest('hex')") ==
        R"("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")");
  CHECK(
      run(pool, "(p, l) => l.crypto.createHash('SHA-1').update('a').update('bc').digest('hex')") ==
      R"("a9993e364706816aba3e25717850c26c9cd0d89d")");
  CHECK(run(pool, "(p, l) => l.crypto.createHash('md5').update('').digest('base64')") ==
        R"("1B2M2Y8AsgTpgAmY7PhCfg==")");
  CHECK(run(pool, "(p, l) => l.crypto.createHash('sha512').update('abc').digest().length") == "64");
  // RFC 4231, test case 2.
  CHECK(run(pool,
            "(p, l) => l.crypto.createHmac('sha256', 'Jefe')"
            ".update('what do ya want for nothing?').digest('hex')") ==
        R"("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")");
  // RFC 6070, with one iteration.
  CHECK(run(pool,
            "(p, l) => l.crypto.pbkdf2Sync('password', 'salt', 1, 20, 'sha1')"
            ".toString('hex')") == R"("0c60c80f961f0e71f3a9b524af6012062fe037a6")");
  CHECK(run(pool, "(p, l) => l.crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('a'))") ==
        "true");
  CHECK(run(pool, "(p, l) => l.crypto.createHash('nonsense')")
            .rfind("function_threw: Error: unknown hash 'nonsense'", 0) == 0);
}

TEST_CASE("random values are random and well formed") {
  FunctionPool pool(small_pool());
  const char* const code =
      "(p, l) => { const ids = [l.crypto.randomUUID(), l.uuid.v4(), crypto.randomUUID()];"
      "return ids.every(id => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
      "[0-9a-f]{12}$/.test(id)) && ids.join() }";
  const std::string first = run(pool, code);
  CHECK(first.size() == 3 * 36 + 2 + 2);
  CHECK(run(pool, code) != first);
  CHECK(run(pool, "(p, l) => l.crypto.randomBytes(1000).length") == "1000");
  CHECK(run(pool, "(p, l) => { const n = l.crypto.randomInt(5, 7); return n === 5 || n === 6 }") ==
        "true");
  CHECK(run(pool, "(p, l) => l.uuid.v5('x', l.uuid.NIL).length + l.uuid.v7().length") == "72");
  // Workers come from one snapshot and must still differ.
  CHECK(run(pool, "() => Math.random()") != run(pool, "() => Math.random() "));
}

TEST_CASE("csv and XML are read and written") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "(p, l) => l.csv.parse('a,b\\n1,\"x,y\"', { header: true }).data") ==
        R"([{"a":"1","b":"x,y"}])");
  CHECK(run(pool, "(p, l) => l.papaparse.unparse([{ a: 1, b: 'x,y' }])") ==
        R"("a,b\r\n1,\"x,y\"")");
  CHECK(run(pool,
            "(p, l) => new l['fast-xml-parser'].XMLParser({ ignoreAttributes: false })"
            ".parse('<a i=\"1\"><b>2</b></a>')") == R"({"a":{"b":2,"@_i":"1"}})");
  CHECK(run(pool, "(p, l) => new l.fastXmlParser.XMLBuilder().build({ a: { b: 1 } })") ==
        R"("<a><b>1</b></a>")");
}

TEST_CASE("tokens are signed and verified with a secret") {
  FunctionPool pool(small_pool());
  // The example of jwt.io.
  CHECK(
      run(pool,
          "(p, { jsonwebtoken }) => jsonwebtoken.sign({ sub: '1234567890', name: 'John Doe',"
          "iat: 1516239022 }, 'your-256-bit-secret')") ==
      R"("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwi)"
      R"(aWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c")");
  CHECK(run(pool,
            "(p, { jsonwebtoken: j }) => { const t = j.sign({ a: 1 }, 's', { expiresIn: '1h',"
            "issuer: 'me', algorithm: 'HS512' }); const c = j.verify(t, 's', { issuer: 'me' });"
            "return [c.a, c.exp - c.iat, j.decode(t, { complete: true }).header.alg] }") ==
        R"([1,3600,"HS512"])");
  CHECK(run(pool, "(p, { jsonwebtoken: j }) => j.verify(j.sign({ a: 1 }, 's'), 'other')")
            .rfind("function_threw: JsonWebTokenError: invalid signature", 0) == 0);
  CHECK(run(pool, "(p, { jsonwebtoken: j }) => j.verify(j.sign({ exp: 5 }, 's'), 's')")
            .rfind("function_threw: TokenExpiredError: jwt expired", 0) == 0);
  CHECK(run(pool, "(p, { jsonwebtoken: j }) => j.verify('eyJhbGciOiJub25lIn0.e30.', 's')")
            .rfind("function_threw: JsonWebTokenError: invalid algorithm", 0) == 0);
}

TEST_CASE("tokens are signed and verified with an RSA key") {
  FunctionPool pool(small_pool());
  const std::string keys = rsa_pair();
  CHECK(run(pool,
            "(p, { jsonwebtoken: j }) => { const t = j.sign({ a: 1 }, p.private,"
            "{ algorithm: 'RS256' }); return j.verify(t, p.public).a }",
            keys) == "1");
  CHECK(run(pool,
            "(p, { jsonwebtoken: j }) => { const t = j.sign({ a: 1 }, p.private,"
            "{ algorithm: 'RS256' }); return j.verify(t.replace(/^(.*)\\.(.)/, (m, a, b) => a + "
            "'.' + (b === 'A' ? 'B' : 'A')), p.public) }",
            keys)
            .rfind("function_threw: JsonWebTokenError: invalid signature", 0) == 0);
  // A public key must not serve as an HMAC secret.
  CHECK(
      run(pool, "(p, { jsonwebtoken: j }) => j.verify(j.sign({ a: 1 }, p.public), p.public)", keys)
          .rfind("function_threw: JsonWebTokenError: invalid algorithm", 0) == 0);
}

TEST_CASE("the globals of a platform are there") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "() => Buffer.from('héllo').toString('base64')") == R"("aMOpbGxv")");
  CHECK(run(pool,
            "() => { const u = new URL('https://a.b/c?d=1#e'); u.searchParams.append('f', 'g h');"
            "return [u.hostname, u.href] }") == R"(["a.b","https://a.b/c?d=1&f=g+h#e"])");
  CHECK(run(pool, "() => new URLSearchParams({ a: '1', b: 'ü' }).toString()") ==
        R"("a=1&b=%C3%BC")");
  CHECK(run(pool, "() => Array.from(new TextEncoder().encode('é'))") == "[195,169]");
  CHECK(run(pool, "() => new TextDecoder().decode(new Uint8Array([195, 169]))") == R"("é")");
  CHECK(run(pool, "() => atob(btoa('hello'))") == R"("hello")");
  CHECK(run(pool,
            "() => { const a = { d: new Date(0), m: new Map([[1, 2]]) }; a.self = a;"
            "const b = structuredClone(a); return [b !== a, b.self === b, b.d.getTime(),"
            "b.m.get(1)] }") == "[true,true,0,2]");
  CHECK(run(pool,
            "() => [typeof setTimeout, typeof queueMicrotask, typeof global, typeof self,"
            "typeof FinalizationRegistry, typeof WeakMap, [1].at(-1), Object.hasOwn({ a: 1 }, 'a'),"
            "[1, 2].findLast(x => x)]") ==
        R"(["function","function","object","object","undefined","function",1,true,2])");
  CHECK(run(pool,
            "() => { const w = new WeakMap(); const k = {}; w.set(k, 1); return [w.get(k),"
            "/native code/.test(String(WeakMap))] }") == "[1,true]");
}

}  // namespace millrace::test
