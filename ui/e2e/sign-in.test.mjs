import assert from 'node:assert/strict';

export default async function signIn(t) {
  for (const [lang, theme, viewport] of [
    ['en', 'light', 'desktop'],
    ['zh-Hans', 'dark', 'phone'],
  ]) {
    await t.step(`strangers are sent to a sound sign-in page in ${lang}, ${theme}, ${viewport}`, async () => {
      const page = await t.open('/act/cases?view=team', { state: undefined, lang, theme, viewport });
      assert.match(page.url(), /\/sign-in\?return=%2Fact%2Fcases%3Fview%3Dteam/);
      await t.sound(page, { lang });
      await t.shot(page, `sign-in-${lang}-${theme}-${viewport}`);
    });
  }

  await t.step('a wrong password is told in words and keeps the e-mail', async () => {
    const page = await t.open('/sign-in', { state: undefined });
    await page.getByLabel('E-mail').fill('nobody@bank.example');
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('do not fit together').waitFor();
    assert.equal(await page.getByLabel('E-mail').inputValue(), 'nobody@bank.example');
    assert.equal(await page.getByLabel('Password').inputValue(), '');
  });

  await t.step('a spent link says so and offers the password', async () => {
    const page = await t.open('/sign-in/link?token=forged', { state: undefined });
    await page.getByRole('alert').getByText('has been used or has expired').waitFor();
    await page.getByRole('link', { name: 'Go to sign-in' }).waitFor();
  });

  await t.step('a set-up server offers no second setup', async () => {
    const page = await t.open('/setup', { state: undefined });
    await page.getByText('already set up').waitFor();
  });
}
