/** A site that refers visitors. */
export interface Referrer {
  medium: 'SEARCH' | 'EMAIL' | 'SOCIAL';
  /** Its name. */
  source: string;
  /**
   * Each matches the host and its `www.`; with a `.` in front also all subdomains. `*` stands for any public suffix.
   */
  hosts: string[];
  /** URL parameters that hold the search term; the first present one counts. @default ['q'] */
  terms?: string[];
}

/**
 * The search engines, mail services and social sites that refer most visitors. All others are `UNKNOWN`; for their
 * domain there is `keen:url_parser`.
 */
export const REFERRERS: Referrer[] = [
  { medium: 'SEARCH', source: 'Google', hosts: ['google.*', 'images.google.*', 'news.google.*'] },
  { medium: 'SEARCH', source: 'Bing', hosts: ['.bing.com'] },
  { medium: 'SEARCH', source: 'Yahoo!', hosts: ['.search.yahoo.com', '.search.yahoo.co.jp'], terms: ['p', 'q'] },
  { medium: 'SEARCH', source: 'DuckDuckGo', hosts: ['.duckduckgo.com'] },
  { medium: 'SEARCH', source: 'Yandex', hosts: ['yandex.*', 'ya.ru'], terms: ['text'] },
  { medium: 'SEARCH', source: 'Baidu', hosts: ['baidu.com', 'm.baidu.com'], terms: ['wd', 'word'] },
  { medium: 'SEARCH', source: 'Ecosia', hosts: ['.ecosia.org'] },
  { medium: 'SEARCH', source: 'Brave Search', hosts: ['search.brave.com'] },
  { medium: 'SEARCH', source: 'Startpage', hosts: ['.startpage.com'], terms: ['query', 'q'] },
  { medium: 'SEARCH', source: 'Qwant', hosts: ['.qwant.com'] },
  { medium: 'SEARCH', source: 'Kagi', hosts: ['kagi.com'] },
  { medium: 'SEARCH', source: 'Naver', hosts: ['.search.naver.com'], terms: ['query'] },
  { medium: 'SEARCH', source: 'Daum', hosts: ['search.daum.net'] },
  { medium: 'SEARCH', source: 'Seznam', hosts: ['.search.seznam.cz'] },
  { medium: 'SEARCH', source: 'Sogou', hosts: ['.sogou.com'], terms: ['query', 'keyword'] },
  { medium: 'SEARCH', source: 'So.com', hosts: ['.so.com'] },
  { medium: 'SEARCH', source: 'AOL', hosts: ['search.aol.com'] },
  { medium: 'SEARCH', source: 'Ask', hosts: ['.ask.com'] },
  { medium: 'SEARCH', source: 'Mail.ru', hosts: ['go.mail.ru'] },
  { medium: 'SEARCH', source: 'Rambler', hosts: ['nova.rambler.ru'], terms: ['query'] },
  { medium: 'SEARCH', source: 'T-Online', hosts: ['suche.t-online.de'] },
  { medium: 'SEARCH', source: 'Coc Coc', hosts: ['coccoc.com'], terms: ['query'] },
  { medium: 'SEARCH', source: 'Mojeek', hosts: ['mojeek.com'] },
  { medium: 'SEARCH', source: 'Swisscows', hosts: ['swisscows.com'], terms: ['query'] },
  { medium: 'SEARCH', source: 'You.com', hosts: ['you.com'] },
  { medium: 'SEARCH', source: 'Perplexity', hosts: ['.perplexity.ai'] },

  { medium: 'EMAIL', source: 'Gmail', hosts: ['mail.google.com', 'inbox.google.com'] },
  {
    medium: 'EMAIL',
    source: 'Outlook',
    hosts: ['.outlook.live.com', '.outlook.office.com', '.outlook.office365.com', '.mail.live.com'],
  },
  { medium: 'EMAIL', source: 'Yahoo! Mail', hosts: ['.mail.yahoo.com', '.mail.yahoo.co.jp'] },
  { medium: 'EMAIL', source: 'iCloud Mail', hosts: ['.mail.icloud.com'] },
  { medium: 'EMAIL', source: 'Proton Mail', hosts: ['mail.proton.me', 'mail.protonmail.com'] },
  { medium: 'EMAIL', source: 'AOL Mail', hosts: ['mail.aol.com'] },
  { medium: 'EMAIL', source: 'GMX', hosts: ['.gmx.net', '.gmx.com', '.gmx.at', '.gmx.ch'] },
  { medium: 'EMAIL', source: 'WEB.DE', hosts: ['.navigator.web.de', '.mail.web.de'] },
  { medium: 'EMAIL', source: 'Mail.ru', hosts: ['e.mail.ru'] },
  { medium: 'EMAIL', source: 'Yandex Mail', hosts: ['mail.yandex.*'] },
  { medium: 'EMAIL', source: 'Zoho Mail', hosts: ['mail.zoho.*'] },
  { medium: 'EMAIL', source: 'Fastmail', hosts: ['.fastmail.com'] },
  { medium: 'EMAIL', source: 'QQ Mail', hosts: ['mail.qq.com'] },
  { medium: 'EMAIL', source: 'NetEase Mail', hosts: ['.mail.163.com', '.mail.126.com'] },
  { medium: 'EMAIL', source: 'Orange Webmail', hosts: ['.webmail.orange.fr', 'messagerie.orange.fr'] },

  // Keen documents no medium for these. `SOCIAL` comes from the referrer parser that its documentation follows [U].
  { medium: 'SOCIAL', source: 'Facebook', hosts: ['.facebook.com', 'fb.me'] },
  { medium: 'SOCIAL', source: 'Instagram', hosts: ['.instagram.com'] },
  { medium: 'SOCIAL', source: 'Threads', hosts: ['threads.net', 'threads.com'] },
  { medium: 'SOCIAL', source: 'X', hosts: ['.x.com', '.twitter.com', 't.co'] },
  { medium: 'SOCIAL', source: 'LinkedIn', hosts: ['.linkedin.com', 'lnkd.in'] },
  { medium: 'SOCIAL', source: 'Reddit', hosts: ['.reddit.com', 'redd.it'] },
  { medium: 'SOCIAL', source: 'Pinterest', hosts: ['.pinterest.*', 'pin.it'] },
  { medium: 'SOCIAL', source: 'YouTube', hosts: ['.youtube.com', 'youtu.be'] },
  { medium: 'SOCIAL', source: 'TikTok', hosts: ['.tiktok.com'] },
  { medium: 'SOCIAL', source: 'Bluesky', hosts: ['bsky.app', 'go.bsky.app'] },
  { medium: 'SOCIAL', source: 'Mastodon', hosts: ['mastodon.social', 'mastodon.online'] },
  { medium: 'SOCIAL', source: 'Hacker News', hosts: ['news.ycombinator.com'] },
  { medium: 'SOCIAL', source: 'Tumblr', hosts: ['.tumblr.com'] },
  { medium: 'SOCIAL', source: 'Quora', hosts: ['.quora.com'] },
  { medium: 'SOCIAL', source: 'Discord', hosts: ['.discord.com'] },
  { medium: 'SOCIAL', source: 'Telegram', hosts: ['t.me', 'web.telegram.org'] },
  { medium: 'SOCIAL', source: 'WhatsApp', hosts: ['.whatsapp.com', 'wa.me'] },
  { medium: 'SOCIAL', source: 'Snapchat', hosts: ['.snapchat.com'] },
  { medium: 'SOCIAL', source: 'VK', hosts: ['.vk.com', '.vk.ru'] },
  { medium: 'SOCIAL', source: 'OK.ru', hosts: ['.ok.ru'] },
  { medium: 'SOCIAL', source: 'Weibo', hosts: ['.weibo.com', 't.cn'] },
  { medium: 'SOCIAL', source: 'XING', hosts: ['.xing.com'] },
];
