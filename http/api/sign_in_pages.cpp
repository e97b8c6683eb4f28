#include "http/api/sign_in_pages.h"

#include "runtime/base/random.h"
#include "runtime/text/hex_text.h"

#include <array>
#include <span>

namespace millrace {
namespace {

constexpr std::string_view style =
    R"(body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;
display:grid;place-items:center;background:#f5f6f8;color:#1b1f24}
main{background:#fff;border-radius:12px;padding:32px 40px;max-width:420px;box-shadow:0 1px 4px #0002}
a{display:block;padding:12px 16px;margin:8px 0;border:1px solid #ccd2da;border-radius:8px;color:inherit;
text-decoration:none}a:hover,a:focus{border-color:#2f6fed})";

constexpr std::string_view script = R"((function () {
  var data = document.body.dataset;
  var news = { type: "millrace.oauth", status: data.status, integration: data.integration };
  if (data.credential) news.credentialId = data.credential;
  if (data.code) news.code = data.code;
  try {
    var channel = new BroadcastChannel("millrace.oauth");
    channel.postMessage(news);
    channel.close();
  } catch (problem) {}
  var origins = data.origins ? data.origins.split(" ") : ["*"];
  if (window.opener) origins.forEach(function (origin) { window.opener.postMessage(news, origin); });
  setTimeout(function () { window.close(); }, data.status === "connected" ? 200 : 4000);
})();)";

Reply page(int status, std::string body, const std::string& nonce) {
  Reply reply;
  reply.status = status;
  reply.content_type = "text/html; charset=utf-8";
  reply.body =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>Connect</title>"
      "<style nonce=\"" +
      nonce + "\">" + std::string(style) + "</style></head>" + std::move(body) + "</html>";
  reply.headers = {{"Content-Security-Policy", "default-src 'none'; script-src 'nonce-" + nonce +
                                                   "'; style-src 'nonce-" + nonce +
                                                   "'; base-uri 'none'; form-action 'none'; "
                                                   "frame-ancestors 'none'"},
                   {"X-Content-Type-Options", "nosniff"},
                   {"X-Frame-Options", "DENY"},
                   {"Referrer-Policy", "no-referrer"},
                   {"Cache-Control", "no-store"}};
  return reply;
}

std::string attribute(std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  return " " + std::string(name) + "=\"" + html_escaped(value) + '"';
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

Reply closing_page(int status, const SignInNews& news, const std::string& nonce) {
  std::string origins;
  for (const std::string& origin : news.origins) origins += (origins.empty() ? "" : " ") + origin;
  const std::string body =
      "<body" + attribute("data-status", news.status) +
      attribute("data-integration", news.integration) +
      attribute("data-credential", news.credential) + attribute("data-code", news.code) +
      attribute("data-origins", origins) + "><main><h1>" +
      (news.status == "connected" ? "Connected" : "Not connected") + "</h1><p>" +
      html_escaped(news.message) + "</p><p>You can close this window.</p></main><script nonce=\"" +
      nonce + "\">" + std::string(script) + "</script></body>";
  return page(status, body, nonce);
}

Reply nonce_page(const std::string& origin, const std::string& nonce) {
  return page(200,
              "<body" + attribute("data-origin", origin) +
                  "><main><p>One moment, please.</p></main><script nonce=\"" + nonce +
                  "\">if (window.opener) window.opener.postMessage({ type: "
                  "\"oauth-nonce-loaded\" }, document.body.dataset.origin);</script></body>",
              nonce);
}

std::string random_nonce() {
  SystemRandom random;
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return to_hex(std::span<const std::uint8_t>(bytes));
}

Reply choice_page(const std::vector<std::pair<std::string, std::string>>& choices,
                  const std::string& nonce) {
  std::string body = "<body><main><h1>Which account?</h1>";
  for (const auto& [name, url] : choices) {
    body += "<a" + attribute("href", url) + ">" + html_escaped(name) + "</a>";
  }
  return page(200, body + "</main></body>", nonce);
}

}  // namespace millrace
