// Every word the page says, in both languages, and how times and numbers are written.

const en = {
  skip: "Skip to content",
  language: "Language",
  signOut: "Sign out",
  signIn: "Sign in",
  signInTitle: "Who is on duty?",
  signInLead: "Sign in with a token that may read: viewer, operator or admin.",
  token: "Token",
  tokenHelp: "It begins with tbn_. An admin of your tenant creates it; after “make up” it is in .toban/stack.json.",
  tokenEmpty: "Enter a token.",
  tokenWrong: "This token is not valid. It may be mistyped, revoked or replaced: ask an admin for a new one.",
  tokenForm: "This does not look like a token: one begins with tbn_ and has no blanks.",
  tokenCannotRead: "This token may send data but not read it. Use one with the role viewer, operator or admin.",
  sessionEnded: "You were signed out, because the token is no longer valid. Sign in with another.",
  signInFailed: (detail) => `Signing in did not work${detail ? `: ${detail}` : ""}. Try again in a moment.`,
  noAnswer: "The service did not answer.",
  unreachable: (age, wait) => `Toban can’t be reached. What you see is ${age} old. Trying again in ${wait}.`,
  unreachableYet: (wait) => `Toban can’t be reached. Trying again in ${wait}.`,
  tryNow: "Try now",
  updated: (age) => `Updated ${age} ago`,
  updatedNow: "Updated just now",
  ago: (age) => `${age} ago`,
  lasting: (age) => `for ${age}`,
  loading: "Looking…",
  quiet: "All quiet",
  quietLead: (hosts) => `Nothing is firing · ${hosts === 1 ? "1 host reports" : `${hosts} hosts report`}`,
  firing: (count) => (count === 1 ? "1 alert is firing" : `${count} alerts are firing`),
  worst: (name, where, age) => `${name}${where ? ` on ${where}` : ""}, for ${age}`,
  andMore: (count) => `and ${count} more`,
  noHostYet: "Waiting for the first host",
  noHostLead: "Nothing has reported yet, so nothing can be watched.",
  noneReports: "No host reports",
  noneReportsLead: "Every host that ever reported is retired.",
  cannotTell: "Nobody can tell",
  cannotTellLead: "Alerts can’t be read now. Don’t take silence for health.",
  lastQuiet: (age) => `${age} ago all was quiet.`,
  alerts: "Alerts",
  noAlerts: "No alert is firing or pending.",
  pending: (count) => (count === 1 ? "1 pending" : `${count} pending`),
  pendingHelp: "The condition holds, but not for long enough to fire.",
  severity: { critical: "Critical", warning: "Warning", info: "Info" },
  value: "Value",
  labels: "Labels",
  runbook: "Runbook",
  hosts: "Hosts",
  filter: "Find a host",
  noHostMatches: (text) => `No host’s name contains “${text}”.`,
  noHosts: "Start the agent on a host. It shows up here within seconds:",
  moreHosts: (count) => `The first ${count} hosts are shown.`,
  reporting: "Reporting",
  silent: (age) => `Silent for ${age}`,
  retired: "Retired",
  cpu: "CPU",
  memory: "Memory",
  disk: "Disk",
  diskMeaning: "The fullest disk",
  noData: "no data",
  chart: (name, now, most) => `${name} in the last hour: now ${now}, at most ${most}`,
  chartEmpty: (name) => `${name}: no data in the last hour`,
  chartsFailed: "Charts can’t be read now",
  notifications: "Who was told",
  noNotifications: "Nobody was told anything yet. When an alert begins or ends, this says who was told, when, and why.",
  nobody: "Nobody",
  told: (who) => `To ${who}`,
  reasons: {
    first_notification: "The receiver did not know of it yet.",
    new_alerts: "Alerts fire that the receiver did not know of.",
    new_resolved: "Alerts ended; others of the same group go on.",
    all_resolved: "Everything the receiver was told of has ended.",
    silence_ends: "A silence ends soon, and what it silences still fires.",
    repeat: "Nothing changed; the receiver is reminded because it still fires.",
    no_receiver: "There is no receiver. An admin sets one with PUT /api/v1/settings.",
    nothing_fired: "It ended, and nobody had been told that it fired.",
    already_told: "It fires as before.",
    wants_no_resolved: "It ended, and this receiver does not want to hear of ends.",
    all_muted: "It is silenced, inhibited, acknowledged, or outside its time.",
  },
  states: {
    pending: "Waiting",
    delivering: "Sending",
    delivered: "Delivered",
    retrying: "Trying again",
    failed: "Failed",
    not_sent: "Not sent",
  },
  within: (age) => `${age} after the cause`,
  attempts: (count) => `${count} attempts`,
  firingWord: "firing",
  resolvedWord: "resolved",
  sectionFailed: (detail) => `This can’t be read now${detail ? `: ${detail}` : ""}. The page tries again by itself.`,
  forbidden: "This token may not read this. Use one with the role viewer, operator or admin.",
  units: { ms: " ms", s: " s", min: " min", h: " h", d: " d" },
};

const ja = {
  skip: "本文へ移動",
  language: "言語",
  signOut: "サインアウト",
  signIn: "サインイン",
  signInTitle: "今日の当番は？",
  signInLead: "閲覧できるトークン（viewer、operator、admin）でサインインしてください。",
  token: "トークン",
  tokenHelp: "tbn_ で始まる文字列です。テナントの管理者が発行します。make up の後は .toban/stack.json にあります。",
  tokenEmpty: "トークンを入力してください。",
  tokenWrong: "このトークンは使えません。入力の誤り、失効、または更新済みの可能性があります。管理者に新しいものを依頼してください。",
  tokenForm: "トークンの形式ではありません。tbn_ で始まり、空白を含みません。",
  tokenCannotRead: "このトークンは送信専用で、閲覧できません。viewer、operator、admin のトークンを使ってください。",
  sessionEnded: "トークンが無効になったため、サインアウトしました。別のトークンでサインインしてください。",
  signInFailed: (detail) => `サインインできませんでした${detail ? `（${detail}）` : ""}。しばらくしてからもう一度お試しください。`,
  noAnswer: "サービスから応答がありません。",
  unreachable: (age, wait) => `Toban に接続できません。表示は${age}前のものです。${wait}後に再試行します。`,
  unreachableYet: (wait) => `Toban に接続できません。${wait}後に再試行します。`,
  tryNow: "今すぐ再試行",
  updated: (age) => `${age}前に更新`,
  updatedNow: "たった今更新",
  ago: (age) => `${age}前`,
  lasting: (age) => `${age}継続`,
  loading: "確認しています…",
  quiet: "異常なし",
  quietLead: (hosts) => `発報中のアラートはありません · ${hosts}台が報告中`,
  firing: (count) => `アラート${count}件が発報中`,
  worst: (name, where, age) => `${name}${where ? `（${where}）` : ""} — ${age}継続`,
  andMore: (count) => `ほか${count}件`,
  noHostYet: "最初のホストを待っています",
  noHostLead: "まだ何も報告がないため、監視できません。",
  noneReports: "報告中のホストがありません",
  noneReportsLead: "これまでに報告したホストはすべて引退しています。",
  cannotTell: "状態を確認できません",
  cannotTellLead: "アラートを読み込めません。表示がなくても正常とは限りません。",
  lastQuiet: (age) => `${age}前は異常なしでした。`,
  alerts: "アラート",
  noAlerts: "発報中・保留中のアラートはありません。",
  pending: (count) => `保留中 ${count}件`,
  pendingHelp: "条件は成立していますが、発報するまでの時間に達していません。",
  severity: { critical: "重大", warning: "警告", info: "情報" },
  value: "値",
  labels: "ラベル",
  runbook: "手順書",
  hosts: "ホスト",
  filter: "ホストを探す",
  noHostMatches: (text) => `名前に「${text}」を含むホストはありません。`,
  noHosts: "ホストでエージェントを起動してください。数秒でここに現れます。",
  moreHosts: (count) => `最初の${count}台を表示しています。`,
  reporting: "報告中",
  silent: (age) => `${age}応答なし`,
  retired: "引退",
  cpu: "CPU",
  memory: "メモリ",
  disk: "ディスク",
  diskMeaning: "最も埋まっているディスク",
  noData: "データなし",
  chart: (name, now, most) => `${name}、過去1時間：現在 ${now}、最大 ${most}`,
  chartEmpty: (name) => `${name}：過去1時間のデータはありません`,
  chartsFailed: "グラフを読み込めません",
  notifications: "通知の記録",
  noNotifications: "まだ誰にも通知していません。アラートが始まるか終わると、誰に・いつ・なぜ知らせたかをここに示します。",
  nobody: "通知先なし",
  told: (who) => `宛先 ${who}`,
  reasons: {
    first_notification: "受信者がまだ知らないため。",
    new_alerts: "受信者がまだ知らないアラートが発生したため。",
    new_resolved: "一部のアラートが解消したため（同じグループのほかのアラートは続いています）。",
    all_resolved: "受信者に知らせたアラートがすべて解消したため。",
    silence_ends: "サイレンスがまもなく終了しますが、発報が続いているため。",
    repeat: "状況は変わっていませんが、発報が続いているため再度お知らせします。",
    no_receiver: "受信者が設定されていません。管理者が PUT /api/v1/settings で設定できます。",
    nothing_fired: "解消しましたが、発報を誰にも知らせていなかったため。",
    already_told: "発報が続いているため。",
    wants_no_resolved: "解消しましたが、この受信者は解消の通知を受け取らない設定のため。",
    all_muted: "サイレンス、抑制、対応中、または対象時間外のため。",
  },
  states: {
    pending: "待機中",
    delivering: "送信中",
    delivered: "送信済み",
    retrying: "再試行中",
    failed: "失敗",
    not_sent: "送信なし",
  },
  within: (age) => `発生から${age}`,
  attempts: (count) => `${count}回送信`,
  firingWord: "発報",
  resolvedWord: "解消",
  sectionFailed: (detail) => `読み込めません${detail ? `（${detail}）` : ""}。自動で再試行します。`,
  forbidden: "このトークンでは閲覧できません。viewer、operator、admin のトークンを使ってください。",
  units: { ms: "ミリ秒", s: "秒", min: "分", h: "時間", d: "日" },
};

export const languages = { en, ja };
const REMEMBERED = "toban-language";

const remembered = () => {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
};

const preferred = () => {
  const wanted = [remembered(), ...(navigator.languages ?? [navigator.language])];
  const found = wanted.map((tag) => String(tag ?? "").slice(0, 2).toLowerCase()).find((tag) => tag in languages);
  return found ?? "en";
};

let current = preferred();

export const language = () => current;

export const choose = (chosen) => {
  current = chosen in languages ? chosen : "en";
  try {
    localStorage.setItem(REMEMBERED, current);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
};

/** The word `key`, with what it needs. */
export const word = (key, ...values) => {
  const found = languages[current][key];
  return typeof found === "function" ? found(...values) : found;
};

/** The word for a code of the service; the code itself where there is none yet. */
export const coded = (key, code) => languages[current][key]?.[code] ?? String(code ?? "");

const STEPS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
];

/** A length of time in its largest fitting unit; from an hour on with the next one too. */
export const span = (ms) => {
  const length = Math.max(0, ms);
  const units = word("units");
  if (length < 1_000) return `${Math.round(length)}${units.ms}`;
  const at = STEPS.findIndex(([, size]) => length >= size);
  const [unit, size] = STEPS[at];
  const exact = length / size;
  if (unit === "s" && exact < 10 && exact % 1 >= 0.05) return `${exact.toFixed(1)}${units.s}`;
  const [smaller, smallerSize] = STEPS[at + 1] ?? [];
  const rest = size >= 3_600_000 ? Math.floor((length % size) / smallerSize) : 0;
  const shown = `${Math.floor(exact)}${units[unit]}`;
  return rest ? `${shown}${language() === "ja" ? "" : " "}${rest}${units[smaller]}` : shown;
};

/** A length of time in whole seconds at least, for what changes as one looks. */
export const wholeSpan = (ms) => span(Math.max(1_000, Math.floor(ms / 1_000) * 1_000));

export const clock = (ms) =>
  new Intl.DateTimeFormat(current, { hour: "2-digit", minute: "2-digit" }).format(ms);

export const moment = (ms) =>
  new Intl.DateTimeFormat(current, { dateStyle: "medium", timeStyle: "medium" }).format(ms);

export const percent = (share) =>
  new Intl.NumberFormat(current, { style: "percent", maximumFractionDigits: share < 0.0995 ? 1 : 0 }).format(share);

export const number = (text) => {
  const value = Number(text);
  return Number.isFinite(value)
    ? new Intl.NumberFormat(current, { maximumSignificantDigits: 4 }).format(value)
    : String(text);
};
