"""The words round a head noun that make a name of it, or none: all data.

Each list is words parted by blanks. One that wrongly stops or makes a name is mended here.
"""

# Before a head noun these alone make no name: what it makes, how large it is, whose it is.
GENERIC = {
    "en": """
Thermal Nuclear Atomic Solar Wind Tidal Coal Coal-fired Gas Oil Hydro Hydroelectric Hydropower
Tier Small Medium Large Small-scale Medium-sized Large-scale Big Modern Major Main Local
Regional Rural Urban Central National State Public Private People People's General Provincial
County City Municipal District Ri Town Village Village's Maternity Children Children's Dental
Army Field Medical University Red Cross Youth Hero Heroes Combined Integrated United Joint Iron
Steel Cement Textile Textiles Silk Shoe Shoes Footwear Leather Clothing Garment Knitwear Paper
Glass Machine Machinery Machine-building Tool Tractor Vehicle Automobile Truck Locomotive
Electric Electrical Electronics Chemical Chemicals Fertilizer Fertiliser Phosphatic Nitrogenous
Vinalon Pharmaceutical Drug Food Foodstuff Foodstuffs Flour Corn Cornstarch Noodle Bread
Confectionery Beer Brewery Salt Soap Cosmetics Toothpaste Plastic Plastics Daily Necessities
Goods Essential Furniture Toy Bag Pencil Notebook School Stationery Sock Socks Hosiery Stone
Dressing Tile Ceramics Brick Building Materials Building-Materials Construction Aluminum
Aluminium Copper Zinc Lead Gold Silver Magnesite Magnesia Graphite Anthracite Mining Ore Rolling
Refining Fish Fishery Catfish Mushroom Chicken Pig Poultry Dairy Goat Greenhouse Vegetable Fruit
Cooperative Stock-breeding Tree Nursery Regional-industry Light Heavy Industry Industrial
Processing Repair Recycling Ski Beach Coastal Mountain Hot Spring Spa Tourist Holiday Housing
Apartment Residential Sports Health Recreation Shopping And Production Power Water Waste
Treatment Desalination Assembly Parts Automation Bearing Cable Wire Pump Turbine Battery
""",
    "ko": """
화력 수력 원자력 풍력 조력 태양 태양광 태양열 중소형 대형 소형 중형 대규모 현대적 계단식 청년
영웅 영예군인 종합 일반 지방 지방공업 중앙 도 시 군 구역 인민 국영 협동 전문 새 새로운 해당 식료
식료품 식품 기초식품 옷 피복 종이 일용품 수지 수지일용품 세멘트 시멘트 비료 린비료 질소 화학
제약 고려약 의약품 의료기구 방직 제사 견직 편직 신발 구두 양말 가방 화장품 비누 치약 학용품 연필
교구비품 가구 목재 도자기 유리 타일 타일생산 건재 벽돌 돌 돌가공 석재 기계 공작기계 대안
뜨락또르 자동차 자동차부속품 기관차 전기 전자 전선 축전지 변압기 뽐프 베아링 강철 제철 제강 제련
압연 철 금 은 동 연 아연 마그네샤 흑연 석탄 무연탄 농기계 농업 남새 온실 남새온실 버섯 김치 곡산
밀가루 밀가루가공 강냉이가공 국수 빵 당과류 맥주 소주 음료 물고기 수산물가공 통졸임 메기 닭 오리
돼지 염소 젖소 과수 가금 산림 나무모 재자원화 수리 생산 가공 부속품 어린이 어린이식료품 아동
산원 구강 종합병원 인민병원 진료 대학 정양 해안 해안관광 온천 스키 문화 문화휴양 관광 련합 연합
공업 경공업 중공업 선박수리 여러 각종 일부 시범 관련 주요 연일 인근
현지 단위 특급 의전 대표 지역별 함께 마치 초대형 다른 모범 표준 본보기 호기 부근 근처 이날 그날 오늘
어제 우리 모든 각지 전국 최근 현재 기존 신규 이곳 해당지역 초현대식 최신식 아무리 당해
동네 외부 민간
""",
    "zh": """
水力 火力 核 核能 风力 太阳能 潮汐 热电 大型 小型 中小型 现代化 青年 英雄 国营 地方 地方工业
中央 综合 人民 县 郡 市 省 道 区 儿童 妇产 口腔 红十字 军 食品 化肥 肥料 化学 化工 水泥 钢铁
制铁 炼钢 机械 汽车 拖拉机 机车 电气 电子 纺织 丝绸 制丝 服装 制鞋 鞋 皮革 化妆品 肥皂 日用品
造纸 纸张 玻璃 陶瓷 瓷砖 建材 石材 制药 医疗器械 煤炭 铁 金 银 铜 铅 锌 有色金属 加工 食品加工
渔业 蘑菇 泡菜 面粉 玉米 啤酒 饮料 养鸡 养鱼 温室 蔬菜 轻工业 重工业 海岸 海滨 温泉 滑雪 新建
生产 多 几 两 三 一 各 某 本 我 此 私营 民营
""",
    "ja": """
水力 火力 原子力 風力 太陽光 地熱 大型 小型 中小 中小型 現代的 青年 英雄 国営 地方 地方工業 中央
総合 人民 郡 市 道 区 県 小児 児童 産婦人科 赤十字 大学 食料 食料品 食品 化学 肥料 セメント 製鉄
製鋼 鉄鋼 機械 自動車 トラクター 機関車 電気 電子 紡績 紡織 製糸 絹織 被服 衣料 靴 製靴 皮革
化粧品 石鹸 日用品 製紙 ガラス 陶磁器 タイル 建材 石材 製薬 医療器具 石炭 鉄 金 銀 銅 鉛 亜鉛
加工 水産 水産物加工 キノコ きのこ 茸 茸栽培 キムチ 製粉 穀物 ビール 飲料 養鶏 養魚 温室 野菜
軽工業 重工業 海岸 温泉 スキー 観光 新 新設 各 同 両 某 全 当 現 弾薬 生産 修理 組立
""",
    # Stems of adjectives in -ск-: they say of what country or what sort, and name no place.
    "ru": """
северокорейск южнокорейск корейск российск русск советск китайск японск американск европейск
азиатск городск сельск уездн районн областн детск женск мужск морск речн медицинск университетск
академическ техническ металлургическ химическ механическ электрическ гидравлическ производственн
политехническ клиническ педиатрическ хирургическ психиатрическ туристическ горнолыжн гражданск
заводск фабричн деревенск крестьянск пионерск общественн государственн республиканск центральн
местн дворянск
""",
}

# Countries and provinces stand before any facility and name none.
COUNTRIES = {
    "en": """
DPRK DPRK's North South Korea Korean Korea's N. S. ROK China China's Chinese Russia Russia's
Russian Soviet Japan Japan's Japanese US U.S. USA American UN East West Eastern Western Northern
Southern German Indian Iranian Ukrainian Vietnamese European Asian Foreign
""",
    "ko": """
북한 북조선 북 조선 우리나라 공화국 남조선 남한 한국 중국 로씨야 러시아 일본 미국 평안북도
평안남도 함경북도 함경남도 황해북도 황해남도 자강도 량강도 양강도 강원도
""",
    "zh": """
朝鲜 朝鮮 北朝鲜 北韩 韩国 中国 俄罗斯 日本 美国 苏联 我国 全国 国内 外国
""",
    "ja": """
北朝鮮 朝鮮 韓国 中国 ロシア 日本 米国 ソ連 我国 全国 国内 外国
""",
}

# What begins an English sentence or headline, or stands before a name in one, and is no part of it.
NO_PART = """
A An The This That These Those Its Their His Her Our My Your Another Each Every Some Any No All
Both In On At To From By For With Of And Or But As When While After Before Since Until During
Near Over Under Into Inside Outside Around About Against Between Across Along Through Within
Without Via Per If So Yet Also Then Now Here There Where Why How What Who Which Meanwhile
However Moreover Today Yesterday Tomorrow Recently Currently Earlier Later Last Next First
Second Third New Newly Old Former Latest Planned Proposed Giant Huge Is Are Was Were Be Has Have
Had Will Would Can Could May Might Must Should Not Says Said Say Reports Reported Report Visits
Visit Visited Visiting Inspects Inspected Inspecting Tours Toured Touring Opens Open Opened
Opening Builds Build Built Building Completes Complete Completed Completing Completion Starts
Start Started Begins Begin Began Begun Launches Launched Launch Marks Marked Holds Held Attends
Attended Gives Gave Guides Guided Guidance Produces Produced Producing Operates Operated
Operating Runs Running Closes Closed Halts Halted Stops Stopped Upgrades Upgraded Modernizes
Modernized Modernised Renovates Renovated Rebuilds Rebuilt Rebuilding Expands Expanded Praises
Praised Hails Hailed Urges Urged Calls Called Sends Sent Receives Received Makes Made Making
Shows Showed Sees Saw Seen Gets Got Takes Took Meets Met Joins Joined Leads Led Helps Helped
Supplies Supplied Powers Powered Commissioned Commissions Inaugurated Inaugurates Constructed
Constructing Constructs Construct Construction Breaks Broke Ground Featuring Workers Worker
Officials Official Employees Builders Engineers Soldiers Scientists Leader Leaders President
Premier Minister Director Manager Chairman Secretary Comrade Marshal General-Secretary Comrades
Photo Photos Image Images Video Satellite Imagery News Update Updated Breaking Exclusive
Analysis Opinion Editorial Feature KCNA Rodong Sinmun Yonhap Like Unlike Despite Because
North-Korean South-Korean North-Korea's Farmers Farmer January February March April June July
August September October November December Monday Tuesday Wednesday Thursday Friday Saturday
Sunday
"""

# Stems of Russian adjectives that say nothing of what a facility is.
NO_PART_RU = """
нов эт крупн больш мал друг перв втор сам наш кажд люб отечественн зарубежн иностранн бывш будущ
так одн современн совместн мощн главн стар данн указанн последн ближайш северокорейск корейск
китайск российск советск японск
"""

# Behind these a Chinese or Japanese name begins.
STOPS = {
    "zh": """
参观 视察 訪問 访问 考察 走访 来到 前往 抵达 进入 离开 建设 建成 建造 新建 改建 扩建 修建 竣工
落成 开工 启动 位于 设在 在 的 了 是 将 把 与 及 和 等 由 从 到 对 于 这 那 该 其 并 也 说 称 为
向 给 座 个 一家 两家 几家 多家 国家 一所 两所 名为 以及 报道 记者 工人 职工 今年 去年 今天 昨天
目前 拥有 还有 没有 只有 附近 地区 国内 各地 最大 现代化 第一 首座 一批 当地 委员长 总书记 同志
领导人 副总理 总理 视频 照片 对于 根据 通过 关于 其中 包括 例如 投资 支援 援助 参加 负责 管理
经营 下属 所属 於 與 將 這 該 說 稱 給 個 視察 參觀 建設 位於
""",
    "ja": """
総書記 委員長 首相 同志 今年 昨年 今日 年 月 日 同国 同 各地 各 両 某 全 付近 地域 視察 建設
竣工
""",
}

# Nothing military is watched, so nothing military is suggested. In the name or right before it.
MILITARY = r"""(?ix)
missile|munition|ammunition|weapon|\barms\b|artillery|rocket|\btank\b|naval|navy|military|warship
|submarine|defen[cs]e|nuclear|uranium|plutonium|centrifuge|shell\b
|군수|무기|방사포|박격포|대포|장갑차|폭탄|국방|미싸일|미사일|로케트|로켓|탄약|포탄|땅크|(?<!궤도)전차|함선|잠수함|군함|(?<!결)핵|우라늄|원심분리|군사|포병|제2경제
|军工|兵工|武器|导弹|弹药|炮弹|坦克|火箭|潜艇|军舰|军事|(?<![结結])核|铀
|軍需|軍工|兵器|武器|ミサイル|弾薬|砲弾|戦車|ロケット|潜水艦|軍艦|軍事|ウラン
|военн|оружейн|оборонн|ракет|патрон|танк|артиллери|боеприпас|снаряд|подводн|ядерн|уран|АЭС|атомн
"""
