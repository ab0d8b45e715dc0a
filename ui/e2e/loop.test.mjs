// The loop at a bank's page: redeem a fund, be asked, answer, and find the voice and the case.
import assert from 'node:assert/strict';
import { call, go } from './lib.mjs';

const FUND = 'Blue Chip Select';

/** Asks a list again until an entry fits; at most 20 s. */
async function until(page, path, fits) {
  for (let i = 0; i < 40; i += 1) {
    const found = (await call(page, 'GET', path)).items.find(fits);
    if (found) return found;
    await page.waitForTimeout(500);
  }
  throw new Error(`nothing that fits came to ${path}`);
}

export default async function loop(t) {
  const staff = await t.open('/');
  // Letters only: long numbers are redacted before anybody reads them.
  const mark = Array.from({ length: 6 }, () => 'abcdefghjkmnpqrst'[Math.floor(Math.random() * 17)]).join('');
  const said = `Very slow, the money took nine days to arrive, ${mark}`;
  const made = await call(staff, 'POST', '/api-keys', { name: 'browser test', role: 'ingest' });
  // Opened before the answer is given: what comes in has to appear by itself.
  const voices = await t.open('/insight/voices?touchpoint=fund-redeem');
  const inbox = await t.open('/act/cases?view=all');
  const context = await t.browser.newContext({ locale: 'en-GB' });
  let answered = 0;

  await t.step('a redeemed fund is asked about by its name within seconds', async () => {
    const bank = await context.newPage();
    await bank.goto(`${t.url}/demo-bank?lang=en&key=${encodeURIComponent(made.secret)}`);
    const item = bank.getByRole('listitem').filter({ hasText: FUND });
    await item.getByRole('button', { name: 'Redeem' }).click();
    const asked = bank.frameLocator('peakend-ask iframe');
    await asked.getByText(`Why did you redeem ${FUND}?`).first().waitFor({ timeout: 20_000 });
    // One question at a time: answer what stands there, then go on.
    const onward = async () => asked.locator('button:visible').last().click();
    await asked.locator('input[name="why"][value="service"]').check({ force: true });
    await onward();
    await asked.locator('#q-nps').waitFor();
    await asked.locator('input[name="nps"][value="2"]').check({ force: true });
    await onward();
    await asked.locator('textarea[name="comment"]').fill(said);
    await onward();
    await asked.getByText('Thank you').first().waitFor();
    answered = Date.now();
  });

  await t.step('the answer is a voice and a case within seconds', async () => {
    const voice = await until(staff, '/voices?touchpoint=fund-redeem&limit=50', (one) => one.text.includes(said));
    console.log(`       ${Date.now() - answered} ms from the answer to the voice`);
    assert.equal(voice.nps, 2);
    await until(staff, '/cases?view=all&limit=50', (one) => JSON.stringify(one).includes(mark));
  });
  await context.close();

  await t.step('voice and case come to the lists that somebody already looks at', async () => {
    await voices.getByText(mark).first().waitFor({ timeout: 20_000 });
    await inbox.getByText(mark).first().waitFor({ timeout: 20_000 });
  });

  await t.step('the case is found, taken and closed with the keyboard, and nobody says for whom how it was contacted', async () => {
    await inbox.locator('main').focus();
    for (let i = 0; i < 10; i += 1) {
      await inbox.keyboard.press('j');
      const at = await inbox.evaluate(() => document.activeElement?.closest('[data-entry]')?.textContent ?? '');
      if (at.includes(mark)) break;
    }
    await inbox.keyboard.press('Enter');
    const pane = inbox.getByRole('complementary', { name: 'Case' });
    await pane.getByText(mark).first().waitFor();
    await inbox.keyboard.press('t');
    await pane.getByRole('button', { name: /^Take/ }).waitFor({ state: 'detached' });
    await inbox.keyboard.press('r');
    const dialog = inbox.getByRole('dialog', { name: /^Close case/ });
    await dialog.waitFor();
    await inbox.keyboard.press('5');
    assert.equal(await dialog.getByRole('button', { name: 'Waiting' }).getAttribute('aria-pressed'), 'true');
    assert.deepEqual(await dialog.locator('select').evaluateAll((all) => all.map((one) => one.value)), ['', '']);
    assert.equal(await dialog.getByRole('button', { name: 'Close case' }).isDisabled(), true);
    await dialog.getByLabel('How').selectOption('phone');
    await dialog.getByLabel('Outcome').selectOption('reached');
    await inbox.keyboard.press('Control+Enter');
    await dialog.waitFor({ state: 'detached' });
    await pane.getByRole('button', { name: 'Reopen' }).waitFor();
    await inbox.keyboard.press('Escape');
    await pane.waitFor({ state: 'detached' });
  });

  await t.step('a closing can be taken back, and the history keeps both', async () => {
    await inbox.getByRole('button', { name: 'Undo' }).click();
    await inbox.getByText('is open again').waitFor();
    const { items } = await call(staff, 'GET', '/cases?view=all&limit=50');
    const found = items.find((one) => JSON.stringify(one).includes(mark));
    assert.equal(found.phase, 'reopened');
    await go(inbox, `/act/cases/${found.id}`);
    await inbox.getByText('Closed by mistake').waitFor();
  });

  await t.step('j, k and Escape walk the cases beside the list', async () => {
    await go(inbox, '/act/cases?view=all');
    await inbox.keyboard.press('j');
    await inbox.keyboard.press('Enter');
    const shown = () => new URL(inbox.url()).searchParams.get('case');
    await inbox.waitForURL(/case=/);
    const one = shown();
    await inbox.keyboard.press('j');
    await inbox.waitForURL((url) => url.searchParams.get('case') !== one);
    await inbox.keyboard.press('k');
    await inbox.waitForURL((url) => url.searchParams.get('case') === one);
    await inbox.keyboard.press('Escape');
    await inbox.waitForURL((url) => !url.searchParams.has('case'));
  });

  await t.step('the respondent page works without JavaScript', async () => {
    const surveys = await call(staff, 'GET', '/surveys');
    const survey = surveys.items.find((one) => one.code === 'fund-redemption');
    assert.ok(survey, 'the demo bank has no survey fund-redemption');
    const link = await call(staff, 'POST', `/surveys/${survey.id}/links`, { context: {} });
    const plain = await t.browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' });
    const page = await plain.newPage();
    await page.goto(new URL(link.url, t.url).href);
    for (let i = 0; i < 6 && !(await page.getByText('Thank you').count()); i += 1) {
      for (const name of ['why', 'nps']) {
        const choice = page.locator(`input[name="${name}"]`).first();
        if (await choice.count()) await choice.check({ force: true });
      }
      await page.locator('button[type=submit]').last().click();
    }
    await page.getByText('Thank you').first().waitFor();
    await plain.close();
  });
}
