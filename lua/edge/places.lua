-- May this text say where somebody lives?
--
-- Says yes rather too often: where it does, a shim looks (pyshim/language/values/addresses.py), which knows no address without one of
-- these words.

local words = require "edge.words"

return words.new {
    "路", "街", "大道", "道", "巷", "弄", "胡同", "村", "镇", "鎮", "乡", "鄉", "园", "園", "苑", "庭", "府", "坊", "庄", "莊", "大厦", "大廈", "厦", "寓",
    "小区", "小區", "花城", "新城", "广场", "廣場", "大学", "大學", "学院", "學院", "中学", "中學", "小学", "小學", "医院", "醫院", "屯", "社区", "社區",
    "公馆", "公館", "名都", "华庭", "家属院", "家屬院", "宿舍", "中心", "城", "湾", "灣", "组", "組",
    "省", "市", "自治", "区", "區", "县", "縣", "旗", "北京", "上海", "天津", "重庆", "重慶", "香港", "澳门", "澳門",
    "地址", "收货", "收貨", "收件", "栋", "棟", "幢", "单元", "單元", "室",
}
