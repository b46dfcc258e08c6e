// A provider of OpenID Connect for the tests: prints its address once it listens.
// Whoever signs in on its own form is called by the name that they type there, whatever the password; of those whose
// name says so it is told that they gave a second factor (`amr`, RFC 8176).
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "hai-long",
        client_secret: "a secret of the tests",
        application_type: "native", // may come back to any port of this machine
        redirect_uris: ["http://127.0.0.1/dang-nhap/mot-lan/ve", "http://localhost/dang-nhap/mot-lan/ve"],
        post_logout_redirect_uris: ["http://localhost/dang-nhap"],
      },
    ],
    claims: { openid: ["sub", "amr"], profile: ["preferred_username"] },
    findAccount: (_context, name) => ({
      accountId: name,
      claims: () => ({ sub: name, preferred_username: `${name}@tinh` }),
    }),
    pkce: { required: () => true },
  });
  const { loginAccount } = provider.Session.prototype;
  provider.Session.prototype.loginAccount = function (login) {
    loginAccount.call(this, { ...login, amr: login.accountId.endsWith("-otp") ? ["pwd", "otp"] : ["pwd"] });
  };
  server.on("request", provider.callback());
  console.log(issuer);
});
