"""Forenames and surnames of families from South, West and East Asia, roughly by frequency in England.

Written from general knowledge, in the Latin spellings that parents use; an underscore stands for a space.
"""

from linkage.lab.name_origin import NameOrigin, entries

__all__ = ["ASIAN"]

_PAKISTANI_GIRLS = entries("""
Aisha Fatima Maryam Zainab Ayesha Amina Hafsa Zara Iqra Sana Hira Mahnoor Alina Aleena Noor Khadija Safa
Laiba Anaya Inaya Maham Sumaiya Rabia Sidra Tayyibah Umaimah Nimra Eman Hadia Kiran Saima Nadia Rukhsana
Shabana
""")
_PAKISTANI_BOYS = entries("""
Muhammad Mohammed Ali Ibrahim Yusuf Hamza Hassan Umar Usman Bilal Ahmed Abdullah Zain Haris Adam Musa
Zakariya Ismail Rayyan Subhan Faizan Hussain Junaid Imran Kashif Talha Saad Arslan Shahzad Waqas Zeeshan
Danyal Mustafa Abdul-Rahman Abdul-Rehman Ahsan Awais
""")
_PAKISTANI_SURNAMES = entries("""
Khan Ahmed Hussain Ali Mahmood Malik Iqbal Akhtar Begum Mohammed Hussein Shah Bibi Rashid Aslam Ashraf Mirza
Butt Chaudhry Qureshi Raja Sheikh Siddiqui Javed Rehman Saleem Akram Anwar Arshad Aziz Bashir Farooq Hanif
Hamid Ilyas Kauser Khalid Latif Majid Masood Mehmood Mughal Nawaz Parveen Rafiq Razaq Sadiq Saeed Shabir
Shafiq Tariq Yaqoob Yousaf Younis Zaman Zafar Bhatti Dar Gul Janjua Kayani Lodhi Minhas
""")
_BANGLADESHI_GIRLS = entries("""
Fatima Tasnim Nusrat Sumaiya Maryam Jannat Aisha Rahima Nazia Fahmida Samira Tahmina Shamima Farhana Ruksana
Halima Tanzila Anika Ishrat Sadia Nabila Mahdiya Rumana Taslima Habiba Sultana
""")
_BANGLADESHI_BOYS = entries("""
Mohammed Md Muhammad Abdul Rahim Rayhan Tanvir Shakil Mahfuz Nayeem Rafi Sayed Jubair Imran Mahdi Tahmid
Ayaan Zayn Yahya Habib Kamal Shahin Nazmul Saiful Ashraful Mizanur Tareq Rakib
""")
_BANGLADESHI_SURNAMES = entries("""
Begum Ali Miah Rahman Uddin Ahmed Khatun Hussain Islam Khan Chowdhury Hoque Alam Akhtar Bibi Choudhury Haque
Hossain Karim Kabir Khanom Mia Rahim Sultana Sarkar Talukdar Ullah Begom Malik Quddus Aziz Salam Shahid
Nessa Ahad Azad Bari Chowdhry Jalil Matin Mannan Motin Rouf Sobhan Tarafdar
""")
_INDIAN_GIRLS = entries("""
Anjali Priya Simran Jasmeet Aarti Diya Ananya Riya Meera Kavita Pooja Nisha Jasleen Harleen Gurpreet
Manpreet Kiran Navneet Isha Anika Saanvi Aanya Avani Kavya Nikita Rhea Shreya Tanvi Divya Sunita Amrit
Baljit
""")
_INDIAN_BOYS = entries("""
Arjun Rohan Aryan Arun Vikram Harpreet Jaspreet Gurdeep Ravi Amar Rahul Dev Krishna Karan Sahil Nikhil Aarav
Vivaan Ishaan Kabir Raj Sandeep Mandeep Manjit Balraj Jagdeep Sukhdeep Anand Deepak Suraj Milan Hari
""")
_INDIAN_SURNAMES = entries("""
Singh Kaur Patel Sharma Shah Gill Kumar Dhillon Sandhu Sidhu Mistry Desai Chauhan Parmar Bains Johal Rai
Bhogal Grewal Mehta Joshi Gupta Kapoor Verma Malhotra Chopra Solanki Vaghela Modi Rana Thakur Nair Menon
Iyer Reddy Rao Pillai Fernandes D'Souza D'Costa Rathod Chana Sohal Virdee Bassi Dhaliwal Hothi Khera Mann
Purewal Atwal Uppal
""")

_ARABIC_GIRLS = entries("""
Fatima Maryam Aisha Nour Layla Yasmin Zahra Hanan Rania Salma Huda Amal Samira Hala Dina Reem Farah Lina
Malak Jana Sara Mariam Khadija Asma Ruqayya Sumaya Nadia Zeinab Rasha Ghada
""")
_ARABIC_BOYS = entries("""
Mohammed Ahmed Ali Omar Yousef Hassan Hussein Ibrahim Khaled Mahmoud Mustafa Abdullah Abdul-Rahman Karim
Tarek Samir Bilal Hamza Adam Zayd Anas Ammar Yasin Faisal Salim Rami Nabil Walid Ayman Ismail Idris
Abdelaziz Mutasim Osman Altayeb Abubakr
""")
_ARABIC_SURNAMES = entries("""
Ahmed Ali Mohammed Hassan Ibrahim Al-Hassan Hussein Khalil Saleh Abdullah Mahmoud Omar Osman Al-Ahmad
Al-Masri El-Sayed Al-Jaber Al-Khalidi Al-Najjar Haddad Mansour Nasser Aziz Hamdan Salim Suleiman Younis
Al-Hamad El-Amin Elhassan Adam Abdalla Bakri Idris Musa Yahya Al-Rashid Al-Shami Kassem Darwish Aboud Farah
Hariri Jabbar Khoury Shaheen Tawfiq Zaki Bin_Salem Bin_Ali Ben_Youssef Benali Boukhari El-Khatib El_Idrissi
Tahir
""")
_TURKISH_GIRLS = entries("""
Zeynep Elif Ayşe Fatma Emine Hatice Merve Büşra Esra Selin Deniz Ceren Melisa Defne Ecrin Yağmur İrem Gizem
Özlem Aylin Leyla Sevgi Songül Dilara Nehir
""")
_TURKISH_BOYS = entries("""
Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim Yusuf Emre Burak Murat Ömer Can Kerem Berat Efe Kaan Onur
Serkan Uğur Barış Cem Deniz Özgür Volkan Tolga
""")
_TURKISH_SURNAMES = entries("""
Yılmaz Kaya Demir Çelik Şahin Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç
Kurt Özkan Şimşek Polat Korkmaz Çakır Erdoğan Güneş Bulut Aksoy Keskin Ünal Turan Güler Yavuz Can Acar
""")
_TURKISH_STEMS = entries("Ak Öz Kara Gök Demir Er Gül Tan Sarı Ulu Boz Çelik Tok Bay Yurt Alp Ay Gün")
_TURKISH_ENDINGS = entries("can taş oğlu er kan soy türk bay gül alp demir tekin bulut su ay kaya men")
_KURDISH_GIRLS = entries("""
Rojin Berfin Zilan Dilan Shilan Avin Hêvî Nazdar Shirin Jiyan Rozhin Sazan Tara Lana Hana Chra Awaz Nask
Bahar Gulan
""")
_KURDISH_BOYS = entries("""
Rebin Karwan Aram Hiwa Azad Rezan Baran Diyar Sherko Zana Goran Rawand Shwan Dana Bryar Hemin Kawa Sirwan
Ashti Ranj Mohammad Ali Hussein Omid Saman Soran
""")
_KURDISH_SURNAMES = entries("""
Ahmed Mohammed Hassan Rashid Karim Aziz Ali Hussein Mahmood Amin Salih Qadir Rasul Hama Faraj Barzani
Zangana Jaff Othman Tofiq Abdulla Ibrahim Mustafa Kurdi Rahimi Moradi Karimi Ahmadi Hosseini Mohammadi
Rostami Sharifi Azizi Khosravi Maroof Hamad Saeed Majeed Wali Sabir Mirza Haji Shekhani Bakir
""")
_AFGHAN_GIRLS = entries("""
Zahra Fatima Maryam Parwana Shukria Nargis Mursal Farzana Laila Shabnam Roya Sahar Yalda Hosna Freshta
Palwasha Spozhmai Zarghona Marwa Hadia
""")
_AFGHAN_BOYS = entries("""
Mohammad Ahmad Ali Hamid Zabihullah Najibullah Rahmatullah Samiullah Noorullah Esmatullah Hekmatullah
Wahidullah Farhad Jawad Reza Mustafa Bilal Asadullah Omid Masood Idris Shafiqullah Sayed Naqibullah
Inamullah Ihsanullah Mirwais Zalmai Gul_Agha Abdul-Wali
""")
_AFGHAN_SURNAMES = entries("""
Ahmadzai Khan Stanikzai Rahimi Ahmadi Mohammadi Safi Noorzai Karimi Amiri Sahak Zadran Hotak Popalzai
Sultani Hosseini Haidari Rezai Yousafzai Momand Shinwari Wardak Barakzai Alizai Mangal Omari Habibi Azizi
Sadat Qaderi Nazari Akbari Faqiri Hakimi Jalali Niazi Rasooli Samadi Zazai Miakhel Oryakhel Kakar Tokhi
Achakzai
""")
_VIETNAMESE_GIRLS = entries("""
Linh Hương Lan Mai Thảo Trang Ngọc Anh Hà Phương Yến Thu Hoa Nhung Quỳnh Vy Dung Hạnh Ly Tuyết
""")
_VIETNAMESE_BOYS = entries("""
Minh Hùng Tuấn Dũng Nam Long Hoàng Đức Quân Sơn Thành Hải Khánh Phong Bảo Tùng Cường Việt Thắng Hiếu Huy
Trung Đạt
""")
_VIETNAMESE_SURNAMES = entries("""
Nguyễn Trần Lê Phạm Hoàng Phan Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trịnh Mai Cao Lương Tạ
""")
_CHINESE_GIRLS = entries("""
Xin Mei Ling Jia Yan Xiu Wei Hui Yu Fang Jing Xiaoyan Yingying Mei-Ling Sze Ka-Yan Wing Hoi-Ying Tsz-Yan
Emily Jessica Vivian Cindy Fiona
""")
_CHINESE_BOYS = entries("""
Wei Jun Hao Ming Jie Lei Qiang Bo Yang Chen Ka-Ho Chun-Hei Wai-Kit Kin Chi-Ming Tsz-Ho Jason Kelvin Eric
Jacky Winson Zihan Haoran Yichen
""")
_CHINESE_SURNAMES = entries("""
Chen Wong Li Lin Chan Zhang Wang Liu Cheung Lam Ng Yang Huang Lau Leung Zheng Wu Xu Cheng Ho Tang Yeung Zhao
Zhou Guo He Kwok Tsang Tse Yip Yu Chow Fung Mak Ma Lo Sun Zhu Hu Gao Lui Poon Siu Jiang Xie Tsui
""")

_ASIAN_MIX = 0.08

ASIAN = (
    NameOrigin(
        "pakistani", 0.045, 0.0, (("APKN", 0.88), ("MWAS", _ASIAN_MIX), ("AOTH", 0.04)),
        _PAKISTANI_GIRLS, _PAKISTANI_BOYS, _PAKISTANI_SURNAMES,
    ),
    NameOrigin(
        "bangladeshi", 0.02, 0.0, (("ABAN", 0.90), ("MWAS", 0.06), ("AOTH", 0.04)),
        _BANGLADESHI_GIRLS, _BANGLADESHI_BOYS, _BANGLADESHI_SURNAMES,
    ),
    NameOrigin(
        "indian", 0.02, 0.0, (("AIND", 0.86), ("MWAS", 0.10), ("AOTH", 0.04)),
        _INDIAN_GIRLS, _INDIAN_BOYS, _INDIAN_SURNAMES,
    ),
    NameOrigin(
        "arabic", 0.02, 0.24, (("OOTH", 0.70), ("BAFR", 0.20), ("MOTH", 0.10)),
        _ARABIC_GIRLS, _ARABIC_BOYS, _ARABIC_SURNAMES, patronymic=0.25,
    ),
    NameOrigin(
        "turkish", 0.012, 0.02, (("WOTH", 0.75), ("OOTH", 0.25)),
        _TURKISH_GIRLS, _TURKISH_BOYS, _TURKISH_SURNAMES,
        stems=_TURKISH_STEMS, endings=_TURKISH_ENDINGS, tail=0.30,
    ),
    NameOrigin(
        "kurdish", 0.01, 0.18, (("OOTH", 0.80), ("AOTH", 0.20)),
        _KURDISH_GIRLS, _KURDISH_BOYS, _KURDISH_SURNAMES, patronymic=0.20,
    ),
    NameOrigin(
        "afghan", 0.012, 0.20, (("AOTH", 0.85), ("OOTH", 0.15)),
        _AFGHAN_GIRLS, _AFGHAN_BOYS, _AFGHAN_SURNAMES,
    ),
    NameOrigin(
        "vietnamese", 0.004, 0.08, (("AOTH", 0.95), ("OOTH", 0.05)),
        _VIETNAMESE_GIRLS, _VIETNAMESE_BOYS, _VIETNAMESE_SURNAMES, surname_first=True,
    ),
    NameOrigin(
        "chinese", 0.006, 0.0, (("CHNE", 0.90), ("MWAS", 0.10)),
        _CHINESE_GIRLS, _CHINESE_BOYS, _CHINESE_SURNAMES, surname_first=True,
    ),
)  # fmt: skip
